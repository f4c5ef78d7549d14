// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc

/// A client that speaks the wire byte by byte, and holds requests and replies against the schemas.
final class WireClient {
    private let connection: Descriptor
    private var received: [UInt8] = []
    private let observer: WireObserver
    /// What must live as long as the connection: the daemon at its other end.
    private let daemon: AnyObject?

    convenience init(
        _ path: String,
        keeping daemon: AnyObject? = nil,
        wrong: WireObserver.OnPurpose = []
    ) throws(SystemError) {
        self.init(owning: try UnixSocket.connect(to: path), keeping: daemon, wrong: wrong)
    }

    /// Speaks over a connection that somebody has made.
    init(
        owning connection: consuming Descriptor,
        keeping daemon: AnyObject? = nil,
        wrong: WireObserver.OnPurpose = []
    ) {
        self.daemon = daemon
        observer = WireObserver(wrong: wrong)
        self.connection = connection
        // A daemon that does not answer or read fails the test instead of hanging it.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(self.connection.number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    // MARK: Sending

    /// Sends bytes as they are, in one call, with descriptors.
    func send(_ bytes: [UInt8], _ descriptors: [Int32] = []) throws(SystemError) {
        observer.sent(bytes)
        var sent = 0
        while sent < bytes.count {
            let result = bytes.withUnsafeBytes { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                let first = sent == 0 ? descriptors : []
                return gatehouse_send(connection.number, base + sent, buffer.count - sent, first, Int32(first.count))
            }
            guard result > 0 else { throw SystemError(code: Int32(-result), call: "sendmsg") }
            sent += result
        }
    }

    func send(_ text: String, _ descriptors: [Int32] = []) throws(SystemError) {
        try send(Array(text.utf8), descriptors)
    }

    /// Sends a request as one line.
    func request(
        _ method: String,
        _ params: JSONValue? = nil,
        id: JSONValue = 1,
        _ descriptors: [Int32] = []
    ) throws(SystemError) {
        var message: JSONValue = ["jsonrpc": "2.0", "id": id, "method": .string(method)]
        if let params, case .object(var object) = message {
            object["params"] = params
            message = .object(object)
        }
        try send(message.text + "\n", descriptors)
    }

    /// Whether a byte could be sent within some time.
    func isWritable(within milliseconds: Int32) throws(SystemError) -> Bool {
        var entry = pollfd(fd: connection.number, events: Int16(POLLOUT), revents: 0)
        let result = poll(&entry, 1, milliseconds)
        guard result >= 0 else { throw .current("poll") }
        return result > 0
    }

    /// Sends as much as the socket takes at once; returns how much.
    func sendWhatFits(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        let count = bytes.withUnsafeBytes {
            Glibc.send(
                connection.number,
                $0.baseAddress,
                $0.count,
                Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
            )
        }
        if count < 0, errno == EAGAIN { return 0 }
        guard count >= 0 else { throw .current("send") }
        observer.sent(bytes.prefix(count))
        return count
    }

    /// Says that no more requests come.
    func endInput() {
        shutdown(connection.number, Int32(SHUT_WR))
    }

    // MARK: Receiving

    /// The next line, without its end; nil when the daemon has closed.
    func line(endingIn end: UInt8 = UInt8(ascii: "\n")) throws -> String? {
        while true {
            if let index = received.firstIndex(of: end) {
                let line = String(decoding: received[..<index], as: UTF8.self)
                received.removeSubrange(...index)
                return line
            }
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(connection.number, &chunk, chunk.count, 0)
            if count < 0, errno != ECONNRESET { throw SystemError.current("recv") }
            guard count > 0 else {
                guard received.isEmpty else { throw TestFault("a line without an end") }
                return nil
            }
            observer.received(chunk.prefix(count))
            received += chunk.prefix(count)
        }
    }

    /// The next reply.
    func reply(endingIn end: UInt8 = UInt8(ascii: "\n")) throws -> JSONValue {
        guard let line = try line(endingIn: end) else { throw TestFault("the daemon closed the connection") }
        return try JSONValue(parsing: line)
    }

    /// Sends a request and returns its reply, which must be the next one.
    func call(
        _ method: String,
        _ params: JSONValue? = nil,
        _ descriptors: [Int32] = []
    ) throws -> JSONValue {
        try request(method, params, id: 1, descriptors)
        return try reply()
    }
}

extension JSONValue {
    /// The kind of an error reply.
    var errorKind: String? { self["error"]?["data"]?["kind"]?.string }

    /// The verdict of a scan's reply.
    var verdict: String? { self["result"]?["verdict"]?.string }
}
