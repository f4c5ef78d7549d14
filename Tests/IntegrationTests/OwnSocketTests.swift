// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The socket files of a daemon that opens its sockets itself.
@Suite struct OwnSocketTests {
    private static func daemon(_ folder: TemporaryFolder, named name: String) throws -> DaemonProgram {
        try folder.write("gatehouse.yaml", "profiles: {local: {engine: clamd, socket: /nowhere}}")
        return try DaemonProgram(in: folder, named: name, configuration: folder.path("gatehouse.yaml"))
    }

    @Test func `a start that fails leaves no socket behind`() throws {
        let folder = try TemporaryFolder()
        let program = try ChildProgram(
            ChildProgram.builtPrograms + "/gatehoused",
            ["--listen", folder.path("rpc.sock"), "--admin-listen", folder.path("none/admin.sock")],
            errorLog: folder.path("log")
        )
        #expect(program.waitForEnd() == 1)
        #expect(access(folder.path("rpc.sock"), F_OK) != 0)
    }

    @Test func `a daemon that ends removes its own socket, and not one that another has put in its place`() throws {
        let folder = try TemporaryFolder()
        let first = try Self.daemon(folder, named: "first")
        #expect(rename(first.socket, folder.path("moved")) == 0)
        let second = try Self.daemon(folder, named: "second")
        #expect(rename(second.socket, first.socket) == 0)
        #expect(first.program.stop(SIGTERM) == 0)
        #expect(try WireClient(first.socket).answersPing())
        #expect(rename(first.socket, second.socket) == 0)
        #expect(second.program.stop(SIGTERM) == 0)
        #expect(access(second.socket, F_OK) != 0)
    }
}
