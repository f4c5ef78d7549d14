// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// `reload` and SIGHUP, with connections open and work in flight.
@Suite(.timeLimit(.minutes(2))) struct ReloadTests {
    private struct Stage {
        let scene: Scene
        let admin: WireClient
        let base: String

        init(lab: [String] = [], _ more: String = "") throws {
            let folder = try TemporaryFolder()
            scene = try Scene(lab: lab, daemon: ["--admin-listen", folder.path("admin")], in: folder) { text, _ in
                text + "\n" + more
            }
            admin = try WireClient(folder.path("admin"), keeping: scene)
            base = try readFile(scene.lab.configuration)
        }

        /// Writes another configuration and has it read.
        func reload(_ text: String) throws -> JSONValue {
            try scene.folder.write("gatehouse.yaml", text)
            return try admin.call("reload")
        }
    }

    @Test func `a policy takes effect for connections that are open`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        #expect(try client.call("status")["result"] != nil)
        let reply = try stage.reload(stage.base + "\npolicy:\n  - {methods: [ping, reload]}\n")
        #expect(reply["result"]?["changed"] == ["policy"])
        #expect(try client.call("status").errorKind == "forbidden")
        #expect(try client.answersPing())
        #expect(try stage.reload(stage.base)["result"]?["changed"] == ["policy"])
        #expect(try client.call("status")["result"] != nil)
        #expect(try stage.reload(stage.base)["result"]?["changed"] == [])
    }

    @Test func `counts of rates go on for rules that are the same, and a rule that is another begins anew`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        func use(_ rules: String...) throws -> String? {
            let text = ["{methods: [reload]}"] + rules
            return try stage.reload(stage.base + "\npolicy:\n" + text.map { "  - \($0)\n" }.joined()).errorKind
        }
        func pings(_ count: Int) throws -> [String?] { try (0..<count).map { _ in try client.call("ping").errorKind } }
        #expect(try use("{methods: [ping], rate: {perMinute: 2}}") == nil)
        #expect(try pings(3) == [nil, nil, "busy"])
        #expect(try use("{methods: [status]}", "{methods: [ping], rate: {perMinute: 2}}") == nil)
        #expect(try pings(1) == ["busy"])
        #expect(try use("{methods: [ping], rate: {perMinute: 3}}") == nil)
        #expect(try pings(2) == [nil, "busy"])
        #expect(try use("{methods: [ping], rate: {perMinute: 0}}") == "configuration")
        #expect(try pings(1) == ["busy"])
        #expect(try use("{methods: [ping, status], rate: {perMinute: 1}}") == nil)
        #expect(try pings(2) == [nil, "busy"])
    }

    @Test func `a plan that is the same goes on, also where the rest of its profile is another`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        func planned(_ more: String) -> String {
            stage.base.replacing("engine: spe", with: "engine: spe\n    " + more)
        }
        func used() throws -> JSONValue? {
            try client.call("tokenStatus")["result"]?["profiles"]?.array?.first?["plan"]?["hour"]?["used"]
        }
        #expect(try stage.reload(planned("plan: {perHour: 100}"))["result"] != nil)
        #expect(try client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(try used() == 2)
        #expect(try stage.reload(planned("plan: {perHour: 100}"))["result"]?["changed"] == [])
        #expect(try used() == 2)
        let more = try stage.reload(planned("plan: {perHour: 100}\n    tokenTimeoutSeconds: 20"))
        #expect(more["result"]?["changed"] == ["profiles.lab"])
        #expect(try used() == 2)
        #expect(try client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(try used() == 4)
        #expect(try stage.reload(planned("plan: {perHour: 101}"))["result"]?["changed"] == ["profiles.lab"])
        #expect(try used() == 0)
    }

    @Test func `a faulty configuration changes nothing and says every fault`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        let faulty = stage.base.replacing("engine: spe", with: "engine: sp") + "\nlimits: {uploads: 0}\npolicy: 5\n"
        let reply = try stage.reload(faulty)
        #expect(reply.errorKind == "configuration")
        let message = reply["error"]?["message"]?.string ?? ""
        for part in ["nothing was changed", "profiles.lab.engine", "limits.uploads", "policy"] {
            #expect(message.contains(part), "\(message)")
        }
        #expect(try client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        try waitUntil("the log says why") { stage.scene.daemon.program.errors.contains("was not reloaded") }
    }

    @Test func `a credential that cannot be read changes nothing`() throws {
        let stage = try Stage()
        unlink(stage.scene.lab.directory + "/credentials/gicar-secret")
        let reply = try stage.reload(stage.base + "\npolicy:\n  - {methods: [ping]}\n")
        #expect(reply.errorKind == "configuration")
        #expect(reply["error"]?["message"]?.string?.contains("profiles.lab.clientSecret") == true)
        #expect(try stage.admin.call("status")["result"] != nil)
    }

    @Test func `authorities are those that their file held at the last reload`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        func scan() throws -> String? {
            let reply = try client.call("scanFile", ["file": ["content": ""]])
            return reply.verdict ?? reply.errorKind
        }
        #expect(try scan() == "clean")
        let lab = stage.scene.lab
        let file = lab.directory + "/tls/ca.pem"
        let right = try readFile(file)
        try rewrite(file, try readFile(try #require(lab.securityCenter["caFile"]?.string)))
        #expect(try scan() == "clean")
        #expect(try stage.reload(stage.base)["result"]?["changed"] == ["profiles.lab"])
        #expect(try scan() == "upstreamNotTrusted")
        try rewrite(file, right)
        #expect(try stage.reload(stage.base)["result"]?["changed"] == ["profiles.lab"])
        #expect(try scan() == "clean")
        try rewrite(file, "nothing")
        #expect(try stage.reload(stage.base).errorKind == "configuration")
        #expect(try scan() == "clean")
    }

    @Test func `unchanged profiles keep their tokens, and a changed credential makes new ones`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        #expect(try client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(
            try stage.reload(stage.base + "\nlimits: {requestsPerUid: 77}\n")["result"]?["changed"] == [
                "limits.requestsPerUid"
            ]
        )
        #expect(try client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(try stage.scene.lab.count("token") == 1)
        #expect(try client.call("status")["result"]?["limits"]?["requestsPerUid"] == 77)
        let secret = stage.scene.lab.directory + "/credentials/gicar-secret"
        let right = try readFile(secret)
        try rewrite(secret, "wrong")
        #expect(try stage.reload(stage.base)["result"]?["changed"] == ["limits.requestsPerUid", "gicar-secret"])
        #expect(try client.call("scanFile", ["file": ["content": ""]]).errorKind == "wrongCredentials")
        try rewrite(secret, right)
        // The refused call may have let the daemon look at it already.
        let changed = try stage.reload(stage.base)["result"]?["changed"]
        #expect(changed == ["gicar-secret"] || changed == [])
        #expect(try client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
    }

    @Test func `a scan that is in flight goes on with the profile that it began with`() throws {
        let stage = try Stage(lab: ["--fault", "scanFile:latency=2000"])
        let client = try stage.scene.connect()
        try client.request("scanFile", ["file": ["content": ""]], id: 7)
        // The lab logs a request only when it answers it.
        try waitUntil("the scan is in flight") {
            try stage.admin.call("status")["result"]?["requests"]?["inFlight"] == 2
        }
        let renamed = stage.base.replacing("  lab:", with: "  other:").replacing(
            "defaultProfile: lab",
            with: "defaultProfile: other"
        )
        let changed = try stage.reload(renamed)["result"]?["changed"]
        #expect(changed == ["defaultProfile", "profiles.lab", "profiles.other"])
        let reply = try client.reply()
        #expect(reply.verdict == "clean" && reply["result"]?["engine"]?["profile"] == "lab")
        #expect(try client.call("scanFile", ["file": ["content": ""], "profile": "lab"]).errorKind == "unknownProfile")
        #expect(try client.call("scanFile", ["file": ["content": ""]])["result"]?["engine"]?["profile"] == "other")
    }

    @Test func `gateways of unchanged servers stay open, and those of removed ones are closed`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        let handle = try client.openGateway(["agent": .string(try stage.scene.lab.host("MAIN-WS-1"))])
        #expect(try stage.reload(stage.base + "\nlimits: {requestsPerUid: 77}\n")["result"] != nil)
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 1)
        let narrowed = "\npolicy:\n  - {methods: [\"*\"], targets: [\"secondary:*\", server]}\n"
        #expect(try stage.reload(stage.base + narrowed)["result"] != nil)
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "forbidden")
        let without = String(stage.base[..<(stage.base.firstRange(of: "servers:")?.lowerBound ?? stage.base.endIndex)])
        #expect(try stage.reload(without)["result"]?["changed"] == ["servers.main", "policy"])
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "unknownGateway")
        #expect(try client.call("listGateways")["result"]?["gateways"] == [])
        #expect(try stage.reload(stage.base)["result"]?["changed"] == ["servers.main"])
        _ = try client.openGateway(["agent": .string(try stage.scene.lab.host("MAIN-WS-1"))])
    }

    @Test(arguments: ["account", "url", "virtualServer", "password"])
    func `a server that changed ends its gateways and sessions, and a new one logs in anew`(what: String) throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        let host = JSONValue.string(try stage.scene.lab.host("MAIN-WS-1"))
        let handle = try client.openGateway(["agent": host])
        let byConnection = try client.openGateway(["agent": host], [("binding", "connection")])
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 1)
        let sessions = Set(try stage.scene.lab.calls().map(\.session))
        let mark = try stage.scene.lab.requests().count
        let text =
            switch what {
            case "account":
                stage.base.replacing("user: api", with: "user: operator")
                    .replacing("password: ksc-password", with: "password: ksc-operator-password")
                    .replacing("internal: true", with: "domain: CORP")
            case "url": otherAddress(stage.base)
            case "virtualServer": stage.base.replacing("  account:\n", with: "  virtualServer: none\n    account:\n")
            default: stage.base
            }
        #expect(what == "password" || text != stage.base)
        if what == "password" { try stage.scene.lab.writeCredential("ksc-password", "another") }
        #expect(try stage.reload(text)["result"]?["changed"] == [what == "password" ? "ksc-password" : "servers.main"])
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "unknownGateway")
        #expect(try client.callAgent(byConnection, "NagRdu.GetCurrentHostState").errorKind == "unknownGateway")
        #expect(try client.call("listGateways")["result"]?["gateways"] == [])
        for kind in ["gateways", "connectionLogins", "sessions"] {
            try waitUntil("\(kind) are ended on the server") { try stage.scene.lab.open(kind) == 0 }
        }
        let reply = try client.prepareGateway(["agent": host])
        switch what {
        case "account", "url": #expect(reply["result"]?["gateway"] != nil, "\(reply.text)")
        case "password": #expect(reply.errorKind == "wrongCredentials")
        default: break
        }
        // Nothing but the ends goes over what was open before.
        let calls = try stage.scene.lab.calls(after: mark)
        #expect(calls.contains { $0.operation == "Session.EndSession" })
        for call in calls where !call.session.isEmpty && sessions.contains(call.session) {
            #expect(call.operation == "Session.EndSession")
        }
    }

    /// A lab's configuration with the other name of the server's host.
    private func otherAddress(_ text: String) -> String {
        guard let servers = text.firstRange(of: "servers:")?.lowerBound else { return text }
        return String(text[..<servers]) + text[servers...].replacing("localhost", with: "127.0.0.1")
    }

    @Test func `limits that need a restart are named and not taken`() throws {
        let stage = try Stage()
        let result = try stage.reload(stage.base + "\nlimits: {readerThreads: 9, outputBytes: 1MiB}\n")["result"]
        #expect(result?["changed"] == ["limits.outputBytes"])
        #expect(result?["notices"] == ["limits.readerThreads: takes effect when the daemon starts anew"])
        let limits = try stage.admin.call("status")["result"]?["limits"]
        #expect(limits?["readerThreads"] == 64 && limits?["outputBytes"] == 1_048_576)
    }

    @Test func `subscriptions go on, with the profiles that there are now`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        #expect(try client.call("subscribe", ["topics": ["tokens"]])["result"] != nil)
        #expect(try client.reply()["params"]?["items"]?.array?.map { $0["profile"] } == ["lab"])
        let renamed = stage.base.replacing("  lab:", with: "  other:").replacing(
            "defaultProfile: lab",
            with: "defaultProfile: other"
        )
        #expect(try stage.reload(renamed)["result"] != nil)
        let changed = try client.reply()["params"]
        #expect(changed?["full"] == true)
        #expect(changed?["items"]?.array?.map { $0["profile"] } == ["other"])
        #expect(try stage.scene.connect().call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(try client.reply()["params"]?["items"]?.array?.map { $0["profile"] } == ["other"])
    }

    @Test func `SIGHUP reloads, and a daemon that began with a faulty configuration serves`() throws {
        let lab = try Scene()
        let folder = try TemporaryFolder()
        let file = folder.path("gatehouse.yaml")
        try folder.write("gatehouse.yaml", "profiles: 5\n")
        let daemon = try DaemonProgram(
            in: folder,
            configuration: file,
            ["--admin-listen", folder.path("admin")]
        )
        let client = try WireClient(daemon.socket)
        #expect(try client.call("ping").errorKind == "configuration")
        #expect(try WireClient(folder.path("admin")).call("reload").errorKind == "configuration")
        try folder.write("gatehouse.yaml", try readFile(lab.lab.configuration))
        kill(daemon.program.process, SIGHUP)
        try waitUntil("the daemon serves") { try client.call("ping").errorKind == nil }
        #expect(try client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        withExtendedLifetime(lab) {}
    }

    @Test func `many reloads at once are done one after the other, and no request is lost`() throws {
        let stage = try Stage()
        let client = try stage.scene.connect()
        let path = stage.scene.folder.path("admin")
        let admins = try (0..<8).map { _ in try WireClient(path, keeping: stage.scene) }
        for admin in admins { try admin.request("reload") }
        for _ in 0..<20 { #expect(try client.answersPing()) }
        for admin in admins { #expect(try admin.reply()["result"]?["changed"] == []) }
    }

    @Test func `under systemd's credentials one that is missing needs a restart`() throws {
        let stage = try Stage()
        let folder = try TemporaryFolder()
        let credentials = folder.path("credentials")
        mkdir(credentials, 0o700)
        for name in ["gicar-secret", "ibm-client-id", "ksc-password"] {
            try folder.write("credentials/" + name, try readFile(stage.scene.lab.directory + "/credentials/" + name))
        }
        try folder.write("gatehouse.yaml", stage.base)
        let notifications = try NotifySocket(folder.path("n"))
        let program = try ChildProgram(
            ChildProgram.builtPrograms + "/gatehoused",
            [
                "--config", folder.path("gatehouse.yaml"), "--listen", folder.path("s"), "--admin-listen",
                folder.path("a"),
            ],
            environment: ["NOTIFY_SOCKET": notifications.path, "CREDENTIALS_DIRECTORY": credentials],
            errorLog: folder.path("log")
        )
        let isReady = notifications.waitForReady()
        #expect(isReady)
        let admin = try WireClient(folder.path("a"))
        let notice = try admin.call("reload")["result"]?["notices"]?.array?.first?.string
        #expect(notice?.contains("restart") == true)
        try folder.write("gatehouse.yaml", stage.base.replacing("gicar-secret", with: "new-secret"))
        let reply = try admin.call("reload")
        #expect(reply.errorKind == "restartNeeded")
        #expect(reply["error"]?["message"]?.string?.contains("profiles.lab.clientSecret") == true)
        #expect(try admin.call("status")["result"] != nil)
        program.stop(SIGTERM)
    }

    private func rewrite(_ path: String, _ content: String) throws {
        let number = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.current("open") }
        let file = Descriptor(owning: number)
        let bytes = Array(content.utf8)
        #expect(write(file.number, bytes, bytes.count) == bytes.count)
    }
}
