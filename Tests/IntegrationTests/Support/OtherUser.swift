// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc

extension Scene {
    /// Whether a test may act as somebody else.
    static let hasOtherUsers = geteuid() == 0
    /// Somebody else; no account is needed.
    static let otherUser: uid_t = 47_110

    /// Connections that another user has made.
    func connect(as user: uid_t, count: Int = 1, to socket: String? = nil) throws -> [WireClient] {
        // For this test alone the folder and the socket are everybody's.
        chmod(folder.path, 0o755)
        chmod(socket ?? daemon.socket, 0o666)
        let path = folder.path("collector-\(UInt32.random(in: 0 ... .max))")
        let listener = try UnixSocket.listen(at: path)
        let flags = fcntl(listener.number, F_GETFL)
        _ = fcntl(listener.number, F_SETFL, flags & ~O_NONBLOCK)
        let program = try ChildProgram(
            "/usr/bin/env",
            ["python3", fixture("connect_as.py"), String(user), String(count), socket ?? daemon.socket, path],
            errorLog: folder.path("connect.log")
        )
        let accepted = accept(listener.number, nil, nil)
        guard accepted >= 0 else { throw SystemError.current("accept") }
        let collector = Descriptor(owning: accepted)
        let clients = try (0..<count).map { _ in
            WireClient(owning: try Self.receive(from: collector.number, program), keeping: self)
        }
        _ = write(collector.number, "x", 1)
        _ = program.waitForEnd()
        return clients
    }

    private static func receive(from socket: Int32, _ program: ChildProgram) throws -> Descriptor {
        var byte: UInt8 = 0
        var count: Int32 = 0
        var truncated: Int32 = 0
        var numbers = [Int32](repeating: -1, count: Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS))
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, 30_000)
        _ = gatehouse_receive(socket, &byte, 1, &numbers, &count, &truncated)
        guard count == 1 else { throw TestFault("no connection as another user: \(program.errors)") }
        return Descriptor(owning: numbers[0])
    }
}

extension WireClient {
    /// Whether the daemon answers a ping, as the next reply.
    func answersPing() throws -> Bool { try call("ping")["result"]?["pong"] == true }
}
