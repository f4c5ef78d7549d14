// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc
import Testing

/// The end of a daemon that nobody needs, by systemd's tool for trying activation; contrib/lib/nspawn tries it for real.
@Suite struct IdleExitTests {
    private static let tool = "/usr/bin/systemd-socket-activate"

    @Test(.enabled(if: access(tool, X_OK) == 0, "there is no systemd-socket-activate"))
    func `a daemon that was started by a caller ends with success once it is idle, and leaves the socket`() throws {
        let folder = try TemporaryFolder()
        try folder.write("gatehouse.yaml", "profiles: {}\n")
        let socket = folder.path("rpc.sock")
        let program = try ChildProgram(
            Self.tool,
            [
                "--listen=\(socket)", "--fdname=rpc", ChildProgram.builtPrograms + "/gatehoused", "--config",
                folder.path("gatehouse.yaml"), "--exit-on-idle", "0.2",
            ],
            errorLog: folder.path("log")
        )
        try waitUntil("the socket listens") { program.errors.contains("Listening") }
        do {
            let client = try WireClient(socket)
            #expect(try client.call("ping").errorKind == "configuration")
        }
        #expect(program.waitForEnd() == 0)
        #expect(access(socket, F_OK) == 0)
    }

    @Test func `a daemon whose socket is its own does not start with a time to end, since nobody would start it again`()
        throws
    {
        let folder = try TemporaryFolder()
        let program = try ChildProgram(
            ChildProgram.builtPrograms + "/gatehoused",
            ["--config", folder.path("none.yaml"), "--listen", folder.path("rpc.sock"), "--exit-on-idle", "5"],
            errorLog: folder.path("log")
        )
        #expect(program.waitForEnd() == 1)
        #expect(program.errors.contains("--exit-on-idle needs sockets that systemd passes"))
    }
}
