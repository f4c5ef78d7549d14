// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
package import GatehouseWire

/// A connection for programs without a concurrency runtime: calls block, and one thread alone uses it.
///
/// Several requests may be in flight. Sending blocks when the daemon does not read, and nobody reads replies meanwhile:
/// keep what is in flight small (a few requests of at most some kilobytes, far below a socket's buffer of 208 KiB), or
/// send one large request at a time.
package struct BlockingConnection: ~Copyable {
    private let socket: Socket
    private var buffer = ReplyBuffer()
    private var nextID = 1
    private var inFlight: Set<Int> = []
    private var chunk = [UInt8](repeating: 0, count: 64 * 1024)

    /// Connects to a daemon.
    package init(to path: SocketPath) throws(ClientError) {
        socket = try Socket.connect(to: path)
    }

    /// Sends a request and returns its id.
    ///
    /// The descriptors stay the caller's and may be closed when this returns.
    package mutating func send(
        _ method: String,
        _ parameters: JSONValue,
        descriptors: [Int32] = []
    ) throws(ClientError) -> Int {
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

    /// Waits for the next answer to any request in flight; gives up after so many milliseconds of silence.
    package mutating func receive(
        patience: Int
    ) throws(ClientError) -> (id: Int, outcome: Result<JSONValue, RemoteError>) {
        socket.setReceiveTimeout(milliseconds: patience)
        while true {
            while let reply = try buffer.next() {
                switch reply {
                case .notification: continue
                case .fault(let error): throw .remote(error.error)
                case .answer(let id, let outcome):
                    guard inFlight.remove(id) != nil else {
                        throw .protocolViolation(reason: "a reply to an id that is not in flight")
                    }
                    return (id, outcome)
                }
            }
            try receiveMore(patience)
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

    private mutating func receiveMore(_ patience: Int) throws(ClientError) {
        let count: Int
        do throws(SystemError) {
            count = try receiveChunk()
        } catch {
            throw ConnectionEnd.error(error, patience: patience)
        }
        guard count > 0 else { throw ConnectionEnd.end(insideAReply: buffer.holdsPartOfAReply) }
    }

    private mutating func receiveChunk() throws(SystemError) -> Int {
        let received = chunk.withUnsafeMutableBytes { bytes in
            Result { () throws(SystemError) in try socket.receive(into: bytes) }
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
