// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
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

    @Test(.timeLimit(.minutes(2)))
    func `an idle daemon stays while calls count against a rate, and ends when they do not`() throws {
        let folder = try TemporaryFolder()
        let engine = "profiles:\n  local: {engine: clamd, socket: \(folder.path("none"))}\npolicy:\n"
        let rest = "  - {methods: [ping, reload]}\n"
        try folder.write("gatehouse.yaml", engine + "  - {methods: [ping], rate: {perMinute: 1}}\n" + rest)
        let manager = try FakeServiceManager(
            in: folder,
            configuration: folder.path("gatehouse.yaml"),
            options: ["--log-level", "info", "--exit-on-idle", "0.05"],
            environment: ["WATCHDOG_USEC": "200000"],
            isStarted: false
        )
        do {
            // Who waits in the socket keeps the daemon from its start on.
            let client = try manager.connect()
            try client.request("ping", id: 1)
            try manager.start()
            #expect(try client.reply()["result"] != nil)
        }
        try waitUntil("it says why it stays") { manager.log.contains("calls count against a rate of the policy") }
        // One in a tenth of a second: the daemon is there for longer than it would stay idle.
        func fed(_ notices: ManagerSocket.Notices) -> Int { notices.lines.count { $0 == "WATCHDOG=1" } }
        let before = fed(manager.notifications.notices)
        #expect(manager.notifications.waitFor { fed($0) >= before + 3 })
        do {
            #expect(try manager.connect().call("ping").errorKind == "busy")
            let admin = try WireClient(manager.adminSocket, keeping: manager)
            try folder.write("gatehouse.yaml", engine + rest)
            #expect(try admin.call("reload")["result"]?["changed"] == ["policy"])
        }
        #expect(try manager.program.waitForEnd() == 0)
        #expect(manager.log.contains("idle: ending"))
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
        #expect(access(folder.path("rpc.sock"), F_OK) != 0)
    }
}
