// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
package import GatehousePlatform
package import GatehouseWire
import Glibc

/// A daemon on a real socket whose answers a test writes.
///
/// A thread accepts, and each connection has one of its own, on which the script runs. It reads requests by their LF, as
/// the clients of this package write them.
package final class FakeDaemon: Sendable {
    /// One message as it arrived.
    package struct Request: Sendable {
        /// The message.
        package let value: JSONValue
        /// What the files hold whose descriptors came with the first of its bytes, in their order.
        package let files: [[UInt8]]

        /// The id, to answer with.
        package var id: JSONValue { value["id"] ?? .null }
        /// The method's name.
        package var method: String { value["method"]?.string ?? "" }
        /// The parameters.
        package var parameters: JSONValue { value["params"] ?? .null }
    }

    /// What to do for each request.
    package typealias Script = @Sendable (Request, Peer) -> Void

    /// The folder that holds the socket.
    package let folder: TemporaryFolder
    /// The socket's path.
    package var path: String { folder.path("s") }
    /// All requests, in the order in which they came.
    package var requests: [Request] { seen.withLock { $0 } }

    private let seen = Locked<[Request]>([])
    private let listener: Descriptor

    /// Starts to listen.
    package init(_ script: @escaping Script) throws(SystemError) {
        folder = try TemporaryFolder()
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .current("socket") }
        listener = Descriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(folder.path("s").utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(number, 16) == 0 else { throw .current("bind") }
        let seen = seen
        try Thread.start("fake-accept") { Self.accept(number, seen, script) }
    }

    deinit {
        // Wakes the accepting thread, which still has the number; it is closed after this.
        _ = shutdown(listener.number, Int32(SHUT_RDWR))
    }

    private static func accept(_ listener: Int32, _ seen: Locked<[Request]>, _ script: @escaping Script) {
        while true {
            var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, -1)
            guard entry.revents & Int16(POLLHUP | POLLNVAL | POLLERR) == 0 else { return }
            let number = gatehouse_accept(listener)
            guard number >= 0 else { return }
            let peer = Peer(Descriptor(owning: number))
            try? Thread.start("fake-peer") { peer.serve(seen, script) }
        }
    }

    /// One connection.
    package final class Peer: Sendable {
        private let socket: Descriptor

        fileprivate init(_ socket: consuming Descriptor) {
            self.socket = socket
        }

        /// Sends a message with its LF.
        package func send(_ value: JSONValue) {
            send(bytes: Array("\(value.text)\n".utf8))
        }

        /// Answers a request.
        package func answer(_ request: Request, _ result: JSONValue) {
            send(["jsonrpc": "2.0", "id": request.id, "result": result])
        }

        /// Answers a request with an error.
        package func fail(_ request: Request, code: Int64, kind: String, message: String = "no", hint: JSONValue = nil)
        {
            send([
                "jsonrpc": "2.0", "id": request.id,
                "error": [
                    "code": .number(JSONNumber(code)), "message": .string(message),
                    "data": ["kind": .string(kind), "retryable": false, "requestId": "r-1", "hint": hint],
                ],
            ])
        }

        /// Sends any bytes.
        package func send(bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let taken = rest.withUnsafeBytes { buffer in
                    buffer.baseAddress.map { gatehouse_send(socket.number, $0, buffer.count, nil, 0) } ?? 0
                }
                if taken > 0 {
                    rest = rest.dropFirst(taken)
                } else if taken == -Int(EAGAIN) {
                    var entry = pollfd(fd: socket.number, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&entry, 1, 10_000)
                } else {
                    return
                }
            }
        }

        /// Ends the connection, whatever else has the descriptor.
        package func close() {
            _ = shutdown(socket.number, Int32(SHUT_RDWR))
        }

        fileprivate func serve(_ seen: Locked<[Request]>, _ script: Script) {
            var bytes: [UInt8] = []
            var files: [[UInt8]] = []
            while let (chunk, received) = receive() {
                // Only what came with the first bytes of a message counts as its own.
                if bytes.isEmpty { files = received }
                bytes += chunk
                guard chunk.contains(UInt8(ascii: "\n")) else { continue }
                while let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                    guard let value = try? JSONValue(parsing: bytes[..<end]) else { return close() }
                    bytes.removeFirst(end + 1)
                    let request = Request(value: value, files: files)
                    files = []
                    seen.withLock { $0.append(request) }
                    script(request, self)
                }
            }
            close()
        }

        private func receive() -> (bytes: [UInt8], files: [[UInt8]])? {
            var entry = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, -1)
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            var numbers = [Int32](repeating: -1, count: Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS))
            var count: Int32 = 0
            var truncated: Int32 = 0
            let size = gatehouse_receive(socket.number, &buffer, buffer.count, &numbers, &count, &truncated)
            if size == -Int(EAGAIN) { return ([], []) }
            guard size > 0 else { return nil }
            let files = numbers.prefix(Int(count)).map { number in
                let file = Descriptor(owning: number)
                var content = [UInt8](repeating: 0, count: 4096)
                let length = pread(file.number, &content, content.count, 0)
                return Array(content.prefix(max(0, length)))
            }
            return (Array(buffer.prefix(size)), files)
        }
    }
}
