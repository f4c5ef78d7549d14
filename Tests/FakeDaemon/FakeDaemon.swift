// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
package import GatehouseAPI
package import GatehousePlatform
package import GatehouseWire
import Glibc

/// A daemon on a real socket whose answers a test writes.
///
/// A thread accepts, and each connection has one of its own, on which the script runs. It reads requests by their LF, as
/// the clients of this package write them. Requests and answers are held against the schemas, but for what a test does
/// wrong on purpose.
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
    private let listener: ListeningSocket

    /// Starts to listen.
    package init(wrong: WireObserver.OnPurpose = [], _ script: @escaping Script) throws(SystemError) {
        folder = try TemporaryFolder()
        listener = try ListeningSocket(at: folder.path("s"))
        let (listener, seen, test) = (listener, seen, WireObserver.currentTest)
        try Thread.start("fake-accept") {
            while let socket = listener.accept() {
                let peer = Peer(socket, WireObserver(wrong: wrong, test: test))
                try? Thread.start("fake-peer") { peer.serve(seen, script) }
            }
        }
    }

    deinit { listener.stop() }

    /// One connection.
    package final class Peer: Sendable {
        private let socket: Descriptor
        private let observer: WireObserver

        fileprivate init(_ socket: consuming Descriptor, _ observer: WireObserver) {
            self.socket = socket
            self.observer = observer
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
        package func fail(_ request: Request, _ kind: ErrorKind, message: String = "no", hint: String? = nil) {
            let error = APIError(kind, message, hint: hint)
            send(["jsonrpc": "2.0", "id": request.id, "error": error.json(requestID: "r-1")])
        }

        /// Sends any bytes.
        package func send(bytes: [UInt8]) {
            observer.received(bytes)
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
                observer.sent(chunk)
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
