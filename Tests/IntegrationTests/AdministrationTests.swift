// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The methods of the administrators' socket.
@Suite(.timeLimit(.minutes(2))) struct AdministrationTests {
    /// A daemon with both sockets, and a connection to each.
    private struct Stage {
        let scene: Scene
        let admin: WireClient
        let client: WireClient
        let adminSocket: String

        init(lab: [String] = []) throws {
            let folder = try TemporaryFolder()
            adminSocket = folder.path("admin")
            scene = try Scene(lab: lab, daemon: ["--admin-listen", adminSocket], in: folder)
            admin = try WireClient(adminSocket, keeping: scene)
            client = try scene.connect()
        }

        func gatehouse(_ arguments: String...) throws -> (status: Int32, output: String) {
            let program = try ChildProgram(
                ChildProgram.builtPrograms + "/gatehouse",
                arguments,
                environment: ["GATEHOUSE_ADMIN_SOCKET": adminSocket, "GATEHOUSE_SOCKET": scene.daemon.socket],
                errorLog: scene.folder.path("gatehouse-\(UInt32.random(in: 0 ... .max))")
            )
            let output = program.readAll()
            return (program.waitForEnd(), output)
        }
    }

    private static func tokens(_ reply: JSONValue) -> [JSONValue] {
        reply["result"]?["profiles"]?.array?.first?["tokens"]?.array ?? []
    }

    @Test func `each is on the administrators' socket alone, and the other one says where`() throws {
        let stage = try Stage()
        for method in ["tokenRefresh", "tokenForget", "policyExplain", "reload", "metrics", "drain"] {
            let reply = try stage.client.call(method, method == "policyExplain" ? ["uid": 0, "method": "ping"] : nil)
            #expect(reply.errorKind == "methodNotFound", "\(method)")
            #expect(reply["error"]?["message"]?.string?.contains("administrators' socket") == true, "\(method)")
        }
        #expect(try stage.client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
    }

    @Test func `whoever calls a method that is none is told of those of its own socket`() throws {
        let stage = try Stage()
        func hint(_ client: WireClient) throws -> [Substring] {
            let hint = try client.call("nothing")["error"]?["data"]?["hint"]?.string ?? ""
            return hint.split { ", ".contains($0) }
        }
        let client = try stage.scene.connect(wrong: .requests)
        let admin = try WireClient(stage.adminSocket, keeping: stage.scene, wrong: .requests)
        let (here, there) = (try hint(client), try hint(admin))
        #expect(here.contains("scanFile") && !here.contains("drain"))
        #expect(there.contains("scanFile") && there.contains("drain"))
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `without a policy a user who is no administrator may not use them`() throws {
        let stage = try Stage()
        chmod(stage.adminSocket, 0o666)
        let other = try stage.scene.connect(as: Scene.otherUser, to: stage.adminSocket)[0]
        for method in ["tokenRefresh", "tokenForget", "reload", "metrics", "drain"] {
            #expect(try other.call(method).errorKind == "forbidden", "\(method)")
        }
        #expect(try other.answersPing())
    }

    // MARK: Tokens

    /// Each call once sent its whole file to a gateway that had said why it takes none.
    @Test func `a client id that is refused at the scan stops the calls, and a refresh of the tokens tries it again`()
        throws
    {
        let stage = try Stage(lab: ["--fault", "scanFile:status=401-ibm"])
        let scene = stage.scene
        for _ in 0..<3 {
            let reply = try scene.scan("hello\n")
            #expect(reply.errorKind == "wrongCredentials")
            let wait = reply["error"]?["data"]?["retryAfterMs"]?.integer
            #expect((wait ?? 0) > 800_000, "\(reply.text)")
        }
        #expect(try scene.lab.count("scanFile") == 1)
        let status = try stage.client.call("tokenStatus")["result"]?["profiles"]?.array?.first
        let token = status?["tokens"]?.array?.first { $0["token"] == "spe" }
        #expect(token?["state"] == "refused", "\(status?.text ?? "")")
        #expect(token?["lastFailure"]?["kind"] == "wrongCredentials")
        try scene.lab.clearFaults()
        _ = try stage.admin.call("tokenRefresh")
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    @Test func `tokens are obtained anew, and forgotten`() throws {
        let stage = try Stage()
        #expect(try stage.client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(try stage.scene.lab.count("token") == 1)
        let refreshed = try stage.admin.call("tokenRefresh", ["profile": "lab", "deadlineMs": 20_000])
        #expect(Self.tokens(refreshed).map { $0["state"] } == ["valid", "valid"])
        #expect(try stage.scene.lab.count("token") == 2 && stage.scene.lab.count("authentication") == 2)
        let forgotten = try stage.admin.call("tokenForget")
        #expect(Self.tokens(forgotten).map { $0["state"] } == ["none", "none"])
        #expect(try stage.scene.lab.count("token") == 2)
        #expect(try stage.client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(try stage.scene.lab.count("token") == 3)
        #expect(try stage.admin.call("tokenForget", ["profile": "nothing"]).errorKind == "unknownProfile")
    }

    @Test func `a refresh that takes too long is over at its deadline`() throws {
        let stage = try Stage(lab: ["--fault", "token:hang"])
        #expect(try stage.admin.call("tokenRefresh", ["deadlineMs": 200]).errorKind == "deadlineExceeded")
    }

    @Test func `the program refreshes and forgets`() throws {
        let stage = try Stage()
        let (status, text) = try stage.gatehouse("token", "refresh")
        #expect(status == 0 && text.contains("valid"), "\(text)")
        #expect(try stage.gatehouse("token", "forget", "--profile", "lab").status == 0)
        #expect(try stage.gatehouse("token", "refresh", "--profile", "nothing").status == 2)
    }

    // MARK: Metrics

    @Test func `metrics count what happened`() throws {
        let stage = try Stage()
        #expect(try stage.client.call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        #expect(try stage.client.call("scanFile", ["file": ["path": "/etc/passwd"]]).errorKind == "passADescriptor")
        #expect(try stage.client.answersPing())
        let result = try stage.admin.call("metrics")["result"]
        #expect(result?["contentType"] == "text/plain; version=0.0.4; charset=utf-8")
        let lines = (result?["text"]?.string ?? "").split(separator: "\n").map(String.init)
        for wanted in [
            "# TYPE gatehouse_scans_total counter", #"gatehouse_scans_total{verdict="clean"} 1"#,
            #"gatehouse_scans_total{verdict="infected"} 0"#, "gatehouse_scans_failed_total 0",
            #"gatehouse_requests_total{method="scanFile",outcome="done"} 1"#,
            #"gatehouse_requests_total{method="scanFile",outcome="passADescriptor"} 1"#,
            #"gatehouse_requests_total{method="ping",outcome="done"} 1"#, "gatehouse_connections_open 2",
            #"gatehouse_token_valid{profile="lab",token="gicar"} 1"#, "gatehouse_gateways_open 0",
            "gatehouse_audit_records_lost_total 0", "gatehouse_requests_in_flight 0",
        ] {
            #expect(lines.contains(wanted), "\(wanted)")
        }
        for line in lines where !line.hasPrefix("#") {
            #expect(
                try line.contains(Regex(#"^gatehouse_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? \d+$"#)),
                "\(line)"
            )
        }
        let (status, text) = try stage.gatehouse("metrics")
        #expect(status == 0 && text.contains("gatehouse_scans_total"))
    }

    // MARK: Draining

    @Test func `a drain takes on no new work and waits for what is in flight`() throws {
        let stage = try Stage(lab: ["--fault", "scanFile:latency=3000"])
        try stage.client.request("scanFile", ["file": ["content": ""]], id: 1)
        // The lab logs a request only when it answers it.
        try waitUntil("the scan is in flight") {
            try stage.admin.call("status")["result"]?["requests"]?["inFlight"] == 2
        }
        let late = try WireClient(stage.adminSocket, keeping: stage.scene)
        let cut = try late.call("drain", ["deadlineMs": 50])["result"]
        #expect(cut?["drained"] == false && cut?["requestsInFlight"] == 1)
        let second = try stage.scene.connect()
        let refusal = try second.call("ping")
        #expect(refusal.errorKind == "stopping")
        // Nothing starts it anew by itself.
        #expect(refusal["error"]?["data"]?["hint"]?.string?.contains("restarted") == true)
        #expect(try second.call("scanFile", ["file": ["content": ""]]).errorKind == "stopping")
        #expect(try second.call("status")["result"]?["requests"]?["inFlight"] == 2)
        #expect(try late.call("metrics")["result"] != nil)
        #expect(try late.call("reload").errorKind == "stopping")
        let drained = try stage.admin.call("drain", ["deadlineMs": 20_000])["result"]
        #expect(drained == ["drained": true, "requestsInFlight": 0, "gatewaysOpen": 0])
        #expect(try stage.client.reply().verdict == "clean")
        #expect(try second.call("status")["result"] != nil)
    }

    @Test func `drains do not wait for each other`() throws {
        let stage = try Stage()
        let others = try (0..<3).map { _ in try WireClient(stage.adminSocket, keeping: stage.scene) }
        for other in others { try other.request("drain", ["deadlineMs": 20_000]) }
        for other in others { #expect(try other.reply()["result"]?["drained"] == true) }
    }
}
