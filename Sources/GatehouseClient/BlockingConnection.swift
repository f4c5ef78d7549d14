// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
package import GatehouseWire

/// A connection for programs without a concurrency runtime: calls block, and one thread alone uses it.
///
/// Several requests may be in flight. While there is no room to send a short one, what the daemon sends is taken in, so
/// that neither side waits for the other. A request beyond the socket's buffer of 208 KiB blocks until the daemon reads:
/// send one such at a time.
package struct BlockingConnection: ~Copyable {
    /// What the daemon sent.
    package enum Message: Equatable, Sendable {
        /// The answer to the request with that id, which is in flight no more.
        case answer(id: Int, Result<JSONValue, RemoteError>)
        /// Something that it tells without being asked, such as `progress`.
        case notification(method: String, parameters: JSONValue)
        /// Nothing, for as long as was borne.
        case silence
    }

    private let path: SocketPath
    private var socket: Socket
    private var buffer = ReplyBuffer()
    private var nextID = 1
    private var inFlight: Set<Int> = []
    private var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    /// The time-out that the socket has, in milliseconds.
    private var receiveTimeout = 0

    /// Connects to a daemon.
    package init(to path: SocketPath) throws(ClientError) {
        self.path = path
        socket = try Socket.connect(to: path)
    }

    /// Leaves the connection and connects to the same path anew.
    ///
    /// Nothing is in flight then. Ids go on, so that none is used twice.
    package mutating func reconnect() throws(ClientError) {
        socket = try Socket.connect(to: path)
        buffer = ReplyBuffer()
        inFlight = []
        receiveTimeout = 0
    }

    /// Sends a request and returns its id.
    ///
    /// The descriptors stay the caller's and may be closed when this returns.
    package mutating func send(
        _ method: String,
        _ parameters: JSONValue,
        descriptors: [Int32] = []
    ) throws(ClientError) -> Int {
        try makeRoom()
        let id = nextID
        nextID += 1
        do throws(SystemError) {
            try socket.send(
                Request.bytes(id: id, method: method, parameters: parameters),
                descriptors: descriptors
            )
        } catch {
            try Self.check(error)
        }
        inFlight.insert(id)
        return id
    }

    /// Waits for whatever the daemon sends next, for at most so many milliseconds; with 0, takes what came already.
    package mutating func next(patience: Int) throws(ClientError) -> Message {
        if patience != receiveTimeout, patience > 0 {
            socket.setReceiveTimeout(milliseconds: patience)
            receiveTimeout = patience
        }
        while true {
            if let reply = try buffer.next() { return try message(reply) }
            guard try receiveMore(isWaiting: patience > 0) else { return .silence }
        }
    }

    /// Waits for the next answer to any request in flight; gives up after so many milliseconds of silence.
    package mutating func receive(
        patience: Int
    ) throws(ClientError) -> (id: Int, outcome: Result<JSONValue, RemoteError>) {
        while true {
            switch try next(patience: patience) {
            case .answer(let id, let outcome): return (id, outcome)
            case .notification: continue
            case .silence: throw ConnectionEnd.silence(of: patience)
            }
        }
    }

    /// Sends one request and waits for its answer.
    package mutating func call(
        _ method: String,
        _ parameters: JSONValue,
        descriptors: [Int32] = [],
        patience: Int
    ) throws(ClientError) -> JSONValue {
        _ = try send(method, parameters, descriptors: descriptors)
        return try receive(patience: patience).outcome.mapError { ClientError.remote($0.error) }.get()
    }

    private mutating func message(_ reply: Reply) throws(ClientError) -> Message {
        switch reply {
        case .notification(let method, let parameters): return .notification(method: method, parameters: parameters)
        case .fault(let error): throw .remote(error.error)
        case .answer(let id, let outcome):
            guard inFlight.remove(id) != nil else {
                throw .protocolViolation(reason: "a reply to an id that is not in flight")
            }
            return .answer(id: id, outcome)
        }
    }

    /// Waits until a short request can be sent, and takes in what comes meanwhile.
    private mutating func makeRoom() throws(ClientError) {
        while true {
            switch socket.waitForRoom(takingBytes: buffer.count < ReplyBuffer.maximumBytes) {
            case .room: return
            case .nothing: throw .connectionLost(reason: "the daemon does not read")
            case .bytes:
                // The end is found again, and told, by whoever receives next.
                guard let count = try? receiveChunk(isWaiting: false), count > 0 else { return }
            }
        }
    }

    /// Takes in more bytes; false where none came in time.
    private mutating func receiveMore(isWaiting: Bool) throws(ClientError) -> Bool {
        let count: Int
        do throws(SystemError) {
            count = try receiveChunk(isWaiting: isWaiting)
        } catch {
            if ConnectionEnd.isSilence(error) { return false }
            throw .connectionLost(reason: error.reason)
        }
        guard count > 0 else { throw ConnectionEnd.end(insideAReply: buffer.holdsPartOfAReply) }
        return true
    }

    private mutating func receiveChunk(isWaiting: Bool) throws(SystemError) -> Int {
        let received = chunk.withUnsafeMutableBytes { bytes in
            Result { () throws(SystemError) in try socket.receive(into: bytes, isWaiting: isWaiting) }
        }
        let count = try received.get()
        chunk.withUnsafeBytes { buffer.append(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        return count
    }

    /// Decides whether a failed send is the end.
    ///
    /// A daemon that refuses a message says why before it closes: that answer is worth reading.
    private static func check(_ error: SystemError) throws(ClientError) {
        if ConnectionEnd.isByPeer(error) { return }
        throw ConnectionEnd.sending(error)
    }
}
