// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The program's commands for Security Centers against the built daemon and the lab; what passes is held against the
/// schemas.
@Suite(.timeLimit(.minutes(2))) struct GatewayCommandTests {
    /// A lab, a daemon, and the program on an observed socket.
    private final class Bench {
        let scene: Scene
        private let proxy: WireProxy

        init() throws {
            scene = try Scene(lab: ["--ksc-task-duration", "600000"])
            proxy = try scene.observedSocket()
        }

        func run(_ words: String...) throws -> Outcome {
            try scene.run(
                [ChildProgram.builtPrograms + "/gatehouse"] + words,
                environment: ["GATEHOUSE_SOCKET": proxy.path]
            )
        }

        /// Runs a command with `--json` that has to succeed.
        func json(_ words: String...) throws -> JSONValue { try json(words) }

        func json(_ words: [String]) throws -> JSONValue {
            let outcome = try scene.run(
                [ChildProgram.builtPrograms + "/gatehouse"] + words + ["--json"],
                environment: ["GATEHOUSE_SOCKET": proxy.path]
            )
            #expect(outcome.status == 0, "\(outcome)")
            return try JSONValue(parsing: outcome.output)
        }
    }

    private static let tasks = #"pFilter:={"klhst-rt-TskInfo":{"type":"params","value":{"taskState":0}}}"#

    private func firstTask(_ bench: Bench, _ handle: String) throws -> JSONValue? {
        let answer = try bench.json("call", "--gateway", handle, "NagHstCtl.GetHostRuntimeInfo", Self.tasks, "--plain")
        return answer["result"]?["klhst-rt-TskInfo"]?["KES"]?["klhst-rt-TskArray"]?.array?.first
    }

    @Test func `a host behind a secondary is found, its task is started through a gateway, and that is closed`() throws
    {
        let bench = try Bench()
        let servers = try bench.run("servers")
        #expect(servers.output.contains("\n1       Secondary Server North"))
        let hosts = try bench.run("hosts", "NORTH-*", "--via", "1")
        #expect(hosts.output.contains("NORTH-WS-1") && hosts.output.contains("NORTH-WS-2"))
        let opened = try bench.run("gateway", "open", "--agent", "NORTH-WS-1", "--via", "1", "--idle-timeout", "60")
        let handle = opened.output
        #expect(opened.errors.contains("opened main > secondary 1 > agent "))
        #expect(try bench.run("gateway", "list").output.contains("\n\(handle)  open   session"))
        let task = try firstTask(bench, handle)
        #expect(task?["taskState"] == 0)
        let start = try bench.run(
            "call",
            "--gateway",
            handle,
            "NagHstCtl.SendTaskAction",
            "szwProduct=KES",
            "szwVersion=11.0.0.0",
            "szwTaskStorageId=\(task?["taskStorageId"]?.string ?? "")",
            "nTaskAction:=5"
        )
        #expect(start.status == 0, "\(start)")
        #expect(try firstTask(bench, handle)?["taskState"] == 1)
        #expect(try bench.run("gateway", "close", handle).status == 0)
        #expect(try bench.json("gateway", "list") == ["gateways": []])
    }

    @Test func `an action is followed to its end, and servers are called on the way`() throws {
        let bench = try Bench()
        let answer = try bench.json(
            "call",
            "--agent",
            "HARBOUR-WS-1",
            "--via",
            "1,1",
            "NagRdu.RunKlnagchkAsync",
            "szwProductID=1103/1.0.0.0",
            "--await"
        )
        #expect(answer["action"]?["stateCode"] == 1)
        let found = try bench.json(
            "call",
            "--secondary",
            "1",
            "HostGroup.FindHosts",
            "wstrFilter=",
            #"vecFieldsToReturn:=["KLHST_WKS_DN"]"#,
            "lMaxLifeTime:=60"
        )
        #expect(found["result"] == 2)
        #expect(try bench.json("hosts", "--limit", "7")["hosts"]?.array?.count == 7)
    }

    @Test func `a file is fetched into one that is new, and sent`() throws {
        let bench = try Bench()
        let handle = try bench.run("gateway", "open", "--agent", "MAIN-WS-1").output
        let path = bench.scene.folder.path("trace")
        let fetched = try bench.json("gateway", "get", handle, path, "--remote-file", "trace-kes-1")
        #expect(fetched["bytes"] == 3_145_728)
        #expect(try bench.scene.run(["sha256sum", path]).output.hasPrefix(fetched["sha256"]?.string ?? "none"))
        let again = try bench.run("gateway", "get", handle, path, "--remote-file", "trace-kes-1")
        #expect(again.status == 2 && again.errors.contains("File exists"))
        let item = bench.scene.folder.path("item")
        let listed = ["--list", "Backup", "--item", "item-1", "--product", "KES/11.0.0.0"]
        #expect(try bench.json(["gateway", "get", handle, item] + listed)["bytes"] == 300_001)
        let missing = bench.scene.folder.path("missing")
        let refused = try bench.run("gateway", "get", handle, missing, "--path", "/FTDR/none")
        #expect(refused.status == 2 && refused.errors.contains("HTTP 404"))
        #expect(access(missing, F_OK) != 0)
        let target = try bench.json("call", "--gateway", handle, "NagRdu.GetUrlToUploadFileToHost")["result"]?.string
        let sent = try bench.json("gateway", "put", handle, path, "--path", target ?? "")
        #expect(sent["sha256"] == fetched["sha256"])
    }

    private static let failures: [([String], String)] = [
        (["call", "--agent", "MAIN-SILENT", "NagRdu.GetCurrentHostState", "--timeout", "1"], "(deadlineExceeded)"),
        (["call", "--agent", "MAIN-OFF", "NagRdu.GetCurrentHostState"], "KLSTD 1195"),
        (["call", "--agent", "NORTH-*", "--via", "1", "NagRdu.GetCurrentHostState"], "2 hosts have the name"),
        (["call", "--agent", "NORTH-WS-1", "NagRdu.GetCurrentHostState"], "no host there has the name"),
        (["call", "--gateway", "none", "NagRdu.GetCurrentHostState"], "(unknownGateway)"),
        (["call", "--server", "session.endsession"], "(forbiddenCall)"),
        (["hosts", "--via", "3"], "upstream: main: "), (["servers", "--server-name", "none"], "(unknownServer)"),
        (["gateway", "close", "none"], "(unknownGateway)"),
    ]

    @Test func `each failure says what it is`() throws {
        let bench = try Bench()
        for (words, text) in Self.failures {
            let outcome = try bench.scene.run(
                [ChildProgram.builtPrograms + "/gatehouse"] + words,
                environment: ["GATEHOUSE_SOCKET": bench.scene.daemon.socket]
            )
            #expect(outcome.status == 2, "\(words) \(outcome)")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains(text), "\(words) \(outcome)")
        }
    }

    @Test func `the daemon cancels the call of a program that a signal ends`() throws {
        let scene = try Scene()
        let program = try ChildProgram(
            ChildProgram.builtPrograms + "/gatehouse",
            ["call", "--agent", "MAIN-SILENT", "NagRdu.GetCurrentHostState", "--socket", scene.daemon.socket],
            errorLog: scene.folder.path("call.log")
        )
        let client = try scene.connect()
        // This question counts as well.
        func inFlight() throws -> Int64? {
            try client.call("status")["result"]?["requests"]?["inFlight"]?.integer
        }
        try waitUntil("the call is on its way") { try scene.lab.count("NagRdu.GetCurrentHostState") == 1 }
        #expect(try inFlight() == 2)
        // SIGINT does the same, but may be blocked on the thread of a test, which a child inherits.
        #expect(program.stop(SIGKILL) == -SIGKILL)
        try waitUntil("the daemon has left the call") { try inFlight() == 1 }
    }
}
