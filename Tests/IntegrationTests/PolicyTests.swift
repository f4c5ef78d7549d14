// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The policy over real sockets: who may do what, with callers of several users.
@Suite(.timeLimit(.minutes(2))) struct PolicyTests {
    private static func scene(
        _ rules: String...,
        profiles: String = "",
        lab: [String] = [],
        admin: TemporaryFolder? = nil
    ) throws -> Scene {
        try Scene(
            lab: lab,
            daemon: admin.map { ["--admin-listen", $0.path("admin")] } ?? [],
            in: admin
        ) { configuration, _ in
            configuration + "\npolicy:\n" + rules.map { "  - {\($0)}\n" }.joined()
        }
    }

    @Test func `a method that no rule allows is refused, for root too, and the audit says so`() throws {
        let scene = try Self.scene("uid: 0, methods: [ping]", "uid: 0, methods: [scanFile]")
        let client = try scene.connect()
        #expect(try client.answersPing())
        let refused = try client.call("status")
        #expect(refused.errorKind == "forbidden")
        #expect(refused["error"]?["message"] == "the policy does not allow user 0 status")
        #expect(try scene.scan("hello").verdict == "clean")
        try waitUntil("the audit is written") { scene.daemon.program.errors.contains("outcome=done") }
        let lines = scene.daemon.program.errors.split(separator: "\n")
        #expect(lines.contains { $0.contains(#"method="status""#) && $0.contains("outcome=forbidden") })
        #expect(lines.contains { $0.contains(#"method="scanFile""#) && $0.contains("rule=1 ") })
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `rules tell users apart`() throws {
        let scene = try Self.scene(
            "uid: \(Scene.otherUser), methods: [scanFile, tokenStatus], profiles: [lab]",
            "gid: 0, methods: [\"*\"], targets: [\"*\"]"
        )
        let other = try scene.connect(as: Scene.otherUser)[0]
        #expect(try other.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(try other.call("tokenStatus")["result"]?["profiles"]?.array?.count == 1)
        #expect(try other.call("ping").errorKind == "forbidden")
        let third = try scene.connect(as: Scene.otherUser + 1)[0]
        for method in ["ping", "status", "tokenStatus", "rpc.discover", "listGateways"] {
            #expect(try third.call(method).errorKind == "forbidden", "\(method)")
        }
        #expect(try scene.connect().answersPing())
    }

    @Test func `a profile that is left out counts by the default one's name`() throws {
        let scene = try Self.scene("methods: [scanFile, tokenStatus, subscribe], profiles: [\"pre*\"]")
        let client = try scene.connect()
        #expect(try client.call("scanFile", ["file": ["content": ""]]).errorKind == "forbidden")
        #expect(try client.call("scanFile", ["file": ["content": ""], "profile": "lab"]).errorKind == "forbidden")
        #expect(try client.call("tokenStatus").errorKind == "forbidden")
        #expect(try client.call("subscribe", ["topics": ["tokens"]]).errorKind == "forbidden")
        #expect(try client.call("subscribe", ["topics": ["scans"]])["result"] != nil)
        #expect(try scene.lab.requests().isEmpty)
    }

    @Test func `a file that is too large goes nowhere, however it comes`() throws {
        let scene = try Self.scene("methods: [scanFile], maxBytes: 8")
        let client = try scene.connect()
        #expect(try client.call("scanFile", ["file": ["content": "MTIzNDU2Nzg="]]).verdict == "clean")
        let requests = try scene.lab.count("scanFile")
        #expect(try client.call("scanFile", ["file": ["content": "MTIzNDU2Nzg5"]]).errorKind == "forbidden")
        let refused = try scene.scan("123456789")
        #expect(refused.errorKind == "forbidden")
        #expect(refused["error"]?["message"] == "the policy allows this caller files of at most 8 bytes")
        #expect(try scene.scan("12345678").verdict == "clean")
        #expect(try scene.lab.count("scanFile") == requests + 1)
        try client.beginUpload(id: 5)
        try client.chunk(id: 5, Array("1234".utf8))
        try client.chunk(id: 5, Array("56789".utf8))
        #expect(try client.reply().errorKind == "forbidden")
        try client.beginUpload(id: 6)
        try client.chunk(id: 6, Array("1234".utf8))
        try client.chunk(id: 6, Array("5678".utf8), isLast: true)
        #expect(try client.reply().verdict == "clean")
    }

    @Test func `a rate is kept, and says when it has room again`() throws {
        let scene = try Self.scene("methods: [ping], rate: {perMinute: 2}")
        let client = try scene.connect()
        #expect(try client.answersPing())
        #expect(try client.answersPing())
        let refused = try client.call("ping")
        #expect(refused.errorKind == "busy")
        let wait = try #require(refused["error"]?["data"]?["retryAfterMs"]?.integer)
        #expect((1...60_000).contains(wait))
    }

    @Test func `calls, servers and targets are narrowed, of open gateways too`() throws {
        let scene = try Self.scene(
            "methods: [prepareGateway], targets: [\"agent:*\", \"secondary:*\"]",
            "methods: [callAgent], calls: [\"NagRdu.Get*\"], targets: [\"agent:*\"], servers: [main]",
            "methods: [callServer], calls: [\"HostGroup.*\"], targets: [server]",
            "methods: [findHosts], targets: [\"secondary:1\"]"
        )
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let handle = try client.openGateway(target)
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"] != nil)
        #expect(try client.callAgent(handle, "NagRdu.RunKlnagchkAsync").errorKind == "forbidden")
        #expect(try client.callAgent(handle, "x.NagRdu.GetCurrentHostState").errorKind == "forbidden")
        let secondary = try client.openGateway(["secondary": 1])
        #expect(try client.callAgent(secondary, "NagRdu.GetCurrentHostState").errorKind == "forbidden")
        #expect(
            try client.callAgent("gw-0000000000000000000000", "NagRdu.GetCurrentHostState").errorKind
                == "unknownGateway"
        )
        #expect(try client.call("callServer", ["method": "HostGroup.GroupIdGroups"])["result"] != nil)
        #expect(
            try client.call("callServer", ["method": "HostGroup.GroupIdGroups", "via": [1]]).errorKind == "forbidden"
        )
        #expect(try client.call("callServer", ["method": "Session.Ping"]).errorKind == "forbidden")
        #expect(try client.call("findHosts", ["name": "MAIN-WS-1"]).errorKind == "forbidden")
        #expect(try client.call("findHosts", ["name": "NORTH-*", "via": [1]]).errorKind != "forbidden")
    }

    @Test func `the daemon's own classes stay its own, whatever the policy says`() throws {
        let scene = try Self.scene("methods: [\"*\"], calls: [\"*\"], targets: [\"*\"]")
        let client = try scene.connect(wrong: .requests)
        for method in ["Session.EndSession", "session.ping", "GatewayConnection.PrepareGatewayConnection"] {
            #expect(
                try client.call("callServer", ["method": .string(method)]).errorKind == "forbiddenCall",
                "\(method)"
            )
        }
    }

    @Test func `locations need a rule that names them`() throws {
        let locations: JSONValue = ["locations": [["type": "params", "value": [:]]]]
        let without = try Self.scene("uid: 0, methods: [\"*\"], targets: [\"*\"]")
        #expect(try without.connect().call("prepareGateway", locations).errorKind == "forbidden")
        #expect(try without.lab.calls().isEmpty)
        let with = try Self.scene("uid: 0, methods: [\"*\"], locations: [\"*\"]")
        let reply = try with.connect().call("prepareGateway", locations)
        #expect(reply["error"] != nil && reply.errorKind != "forbidden")
    }

    @Test func `a unit that nobody can tell matches no rule`() throws {
        let scene = try Self.scene("unit: \"*\", methods: [\"*\"]", "methods: [ping]")
        let client = try scene.connect()
        #expect(try client.answersPing())
        #expect(try client.call("status").errorKind == "forbidden")
        try waitUntil("the audit is written") { scene.daemon.program.errors.contains("outcome=forbidden") }
    }

    // MARK: Explaining

    @Test func `what is explained is what is decided`() throws {
        let folder = try TemporaryFolder()
        let scene = try Self.scene(
            "uid: 33, methods: [scanFile], profiles: [lab], maxBytes: 100",
            "gid: 7, methods: [\"*\"], calls: [\"Nag*.*\"], targets: [\"agent:*\"], unit: \"a.service\"",
            "uid: 0, methods: [policyExplain]",
            admin: folder
        )
        let admin = try WireClient(folder.path("admin"), keeping: scene)
        func explain(_ params: JSONValue) throws -> (Bool?, Int64?) {
            let result = try admin.call("policyExplain", params)["result"]
            return (result?["allowed"]?.bool, result?["rule"]?.integer)
        }
        #expect(try explain(["uid": 33, "method": "scanFile"]) == (true, 0))
        #expect(try explain(["uid": 33, "method": "scanFile", "bytes": 100]) == (true, 0))
        #expect(try explain(["uid": 33, "method": "scanFile", "bytes": 101]) == (false, nil))
        #expect(try explain(["uid": 33, "method": "scanFile", "profile": "pre"]) == (false, nil))
        #expect(try explain(["uid": 33, "method": "scanPath", "filePath": "/a"]) == (false, nil))
        let call: [(String, JSONValue)] = [
            ("uid", 1), ("gids", [7]), ("method", "callAgent"), ("server", "main"), ("call", "NagRdu.GetHost"),
            ("target", ["agent": "a"]),
        ]
        #expect(try explain(.object(with: call)) == (false, nil))
        #expect(try explain(.object(with: call + [("unit", "a.service")])) == (true, 1))
        #expect(try explain(.object(with: call + [("unit", "a.service"), ("via", [1])])) == (false, nil))
        let locations: JSONValue = [
            "uid": 1, "gids": [7], "unit": "a.service", "method": "prepareGateway", "locations": [[:]],
        ]
        #expect(try explain(locations) == (false, nil))
        let rules = try admin.call("policyExplain", ["uid": 33, "method": "ping"])["result"]?["rules"]?.array
        #expect(rules?.map { $0["mismatch"] } == ["methods", "gid", "uid"])
        // The same question as a call.
        #expect(try admin.call("status").errorKind == "forbidden")
    }

    /// They were called allowed, and then refused.
    @Test(arguments: [true, false])
    func `calls that nobody may make are explained as refused`(hasPolicy: Bool) throws {
        let folder = try TemporaryFolder()
        let rule = "uid: 0, methods: [\"*\"], servers: [\"*\"], calls: [\"*\"], targets: [\"*\"]"
        let scene =
            hasPolicy
            ? try Self.scene(rule, admin: folder)
            : try Scene(daemon: ["--admin-listen", folder.path("admin")], in: folder)
        let admin = try WireClient(folder.path("admin"), keeping: scene)
        for name in ["Session.EndSession", "gatewayconnection.PrepareGatewayConnection", "A.login"] {
            let asked: JSONValue = ["uid": 0, "method": "callServer", "call": .string(name)]
            let result = try admin.call("policyExplain", asked)["result"]
            #expect(result?["allowed"] == false, "\(name)")
            #expect(result?["reason"]?.string?.contains("the daemon's own") == true)
            #expect(try admin.call("callServer", ["method": .string(name)]).errorKind == "forbiddenCall")
        }
        for (method, call) in [("callServer", "HostGroup.FindHosts"), ("scanFile", "Session.EndSession")] {
            let asked: JSONValue = ["uid": 0, "method": .string(method), "call": .string(call)]
            #expect(try admin.call("policyExplain", asked)["result"]?["allowed"] == true, "\(method)")
        }
    }

    @Test func `without a policy the permission is explained`() throws {
        let folder = try TemporaryFolder()
        let scene = try Scene(daemon: ["--admin-listen", folder.path("admin")], in: folder)
        let admin = try WireClient(folder.path("admin"), keeping: scene)
        for (user, method, isAllowed) in [
            (0, "callAgent", true), (1000, "scanFile", true), (1000, "callAgent", false), (1000, "reload", false),
        ] as [(Int, JSONValue, Bool)] {
            let params: JSONValue = ["uid": .number(JSONNumber(user)), "gids": [], "method": method]
            let result = try admin.call("policyExplain", params)["result"]
            #expect(result?["allowed"] == .bool(isAllowed) && result?["rules"] == [], "\(method)")
        }
        let onOther = try scene.connect().call("policyExplain", ["uid": 0, "method": "ping"])
        #expect(onOther.errorKind == "methodNotFound")
        #expect(onOther["error"]?["message"]?.string?.contains("administrators' socket") == true)
    }

    @Test func `the program asks on the administrators' socket, and its status is the answer`() throws {
        let folder = try TemporaryFolder()
        let scene = try Self.scene("user: root, methods: [\"*\"], maxBytes: 1MiB", admin: folder)
        func run(_ arguments: String...) throws -> (Int32, String) {
            let program = try ChildProgram(
                ChildProgram.builtPrograms + "/gatehouse",
                arguments,
                environment: ["GATEHOUSE_ADMIN_SOCKET": folder.path("admin")],
                errorLog: folder.path("explain-\(UInt32.random(in: 0 ... .max))")
            )
            let output = program.readAll()
            return (program.waitForEnd(), output)
        }
        let (allowed, text) = try run("policy", "explain", "--user", "root", "--method", "scanFile", "--bytes", "1MiB")
        #expect(allowed == 0)
        #expect(text == "allowed: rule 0 matches\nrule 0 matches\n" || text.hasPrefix("allowed: rule 0 matches"))
        let (refused, reason) = try run("policy", "explain", "--uid", "1", "--method", "scanFile")
        #expect(refused == 1)
        #expect(reason.contains("refused: no rule matches") && reason.contains("rule 0 does not match: user"))
        #expect(try run("policy", "explain", "--uid", "1", "--method", "scanFlie").0 == 2)
        #expect(try run("policy", "explain", "--uid", "1", "--user", "root", "--method", "ping").0 == 64)
        withExtendedLifetime(scene) {}
    }

    /// libsystemd waits a minute and a half for a bus that lets nobody in, whatever the time-out of a call is.
    @Test func `a system bus that accepts and says nothing holds nobody up for long`() throws {
        let folder = try TemporaryFolder()
        let bus = try UnixSocket.listen(at: folder.path("bus"))
        try folder.write(
            "gatehouse.yaml",
            """
            profiles: {local: {engine: clamd, socket: /nowhere}}
            policy: [{unit: "*", methods: ["*"]}, {methods: [ping]}]
            """
        )
        let daemon = try DaemonProgram(
            in: folder,
            configuration: folder.path("gatehouse.yaml"),
            bus: "unix:path=" + folder.path("bus")
        )
        let start = SystemTime().now
        for _ in 0..<2 {
            let client = try WireClient(daemon.socket)
            #expect(try client.answersPing())
            #expect(try client.call("status").errorKind == "forbidden")
        }
        #expect(SystemTime().now - start < .seconds(10))
        try waitUntil("the log says so") {
            daemon.program.errors.contains("systemd cannot be asked for units (system bus: Connection timed out)")
        }
        _ = bus.number
    }
}
