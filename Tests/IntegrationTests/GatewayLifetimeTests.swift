// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Glibc
import Testing

/// How long gateways live, what ends them, and that nothing is left on the servers then.
@Suite(.timeLimit(.minutes(3))) struct GatewayLifetimeTests {
    private func agent(_ scene: Scene) throws -> JSONValue { ["agent": .string(try scene.lab.host("MAIN-WS-1"))] }

    /// The one gateway of the list.
    private func listed(_ client: WireClient) throws -> JSONValue? {
        try client.call("listGateways")["result"]?["gateways"]?.array?.first
    }

    // MARK: Sessions that end

    @Test func `a session that ended between two calls is opened anew under the same handle`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 1)
        try scene.lab.revoke("session")
        let mark = try scene.lab.requests().count
        let reply = try client.callAgent(
            handle,
            "NagHstCtl.SendProductAction",
            [
                "szwProduct": "KES", "szwVersion": "11.0.0.0", "nProductAction": 0,
            ]
        )
        #expect(reply["result"]?["generation"] == 2, "\(reply.text)")
        let calls = try scene.lab.calls(after: mark)
        // Refused for lack of a session, then carried out: not more.
        #expect(calls.filter { $0.operation == "NagHstCtl.SendProductAction" }.map(\.status) == [403, 200])
        #expect(calls.first { $0.operation == "Session.Ping" }?.status == 403)
        #expect(try listed(client)?["gateway"]?.string == handle)
        #expect(try listed(client)?["generation"] == 2)
        #expect(try scene.lab.open("gateways") == 1)
    }

    @Test func `a session that the server let expire is opened anew too`() throws {
        let scene = try Scene(lab: ["--ksc-session-lifetime", "1"])
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        try waitUntil("it has expired") { try scene.lab.open("sessions") == 0 }
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 2)
        let calls = try scene.lab.calls().filter { $0.operation == "NagRdu.GetCurrentHostState" }
        #expect(calls.map(\.status) == [403, 200])
    }

    @Test func `calls that find their session gone at once open it anew once`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        try scene.lab.revoke("session")
        let mark = try scene.lab.requests().count
        for id in 0..<12 {
            try client.request(
                "callAgent",
                .agentCall(handle, "NagRdu.GetCurrentHostState"),
                id: .number(JSONNumber(id))
            )
        }
        for _ in 0..<12 {
            let reply = try client.reply()
            #expect(reply["result"]?["generation"] == 2, "\(reply.text)")
        }
        let calls = try scene.lab.calls(after: mark)
        #expect(calls.count { $0.operation == "Session.StartSession" } == 2)
        #expect(calls.count { $0.operation == "NagRdu.GetCurrentHostState" && $0.status == 200 } == 12)
    }

    @Test func `a refusal in a session that lives is no permission, and the call is not sent again`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        for status in [401, 403] {
            try scene.lab.fault("NagRdu.*:status=\(status)")
            let mark = try scene.lab.requests().count
            #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "noPermission")
            #expect(try scene.lab.operations(after: mark) == ["NagRdu.GetCurrentHostState", "Session.Ping"])
            try scene.lab.clearFaults()
        }
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 1)
    }

    @Test func `a session that is gone again at once is lost, and not opened for ever`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        try scene.lab.fault("NagRdu.*:revoked,times=100")
        let mark = try scene.lab.requests().count
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "sessionLost")
        #expect(try scene.lab.operations(after: mark).count { $0 == "NagRdu.GetCurrentHostState" } == 2)
        try scene.lab.clearFaults()
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 3)
    }

    @Test func `an action whose session is gone is lost, and not begun again`() throws {
        let scene = try Scene(lab: ["--ksc-action-duration", "60000"])
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        let more: [(String, JSONValue)] = [("await", true), ("progress", true)]
        try client.request("callAgent", .agentCall(handle, "NagRdu.ExecuteGsiAsync", [:], more))
        #expect(try client.reply()["method"] == "progress")
        try scene.lab.revoke("session")
        #expect(try client.finalReply().errorKind == "sessionLost")
        #expect(try scene.lab.count("NagRdu.ExecuteGsiAsync") == 1)
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 2)
    }

    @Test func `a session that is held is kept alive, and pings are no use`() throws {
        let scene = try Scene(lab: ["--ksc-session-lifetime", "5"]) { configuration, _ in
            configuration + "\n    sessionSeconds: 10\n"
        }
        let client = try scene.connect()
        let idle = try client.openGateway(try agent(scene), [("idleTimeoutSeconds", 8)])
        let used = try listed(client)?["lastUsedAt"]
        try waitUntil("it was pinged twice") { try scene.lab.count("Session.Ping") >= 2 }
        #expect(try scene.lab.calls().filter { $0.operation == "Session.Ping" }.allSatisfy { $0.status == 200 })
        #expect(try listed(client)?["generation"] == 1)
        #expect(try listed(client)?["lastUsedAt"] == used)
        try waitUntil("its idle time is over") { try listed(client) == nil }
        #expect(try client.callAgent(idle, "NagRdu.GetCurrentHostState").errorKind == "unknownGateway")
        try waitUntil("it is ended on the server") { try scene.lab.open("gateways") == 0 }
    }

    // MARK: Gateways by connection

    @Test func `a gateway by connection owns one connection and serves one call at a time in their order`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene), [("binding", "connection")])
        #expect(try scene.lab.open("connectionLogins") == 1)
        try scene.lab.fault("Nag*.*:latency=60")
        let mark = try scene.lab.requests().count
        let methods = [
            "NagRdu.GetCurrentHostState", "NagRemoteScreen.GetExistingSessions", "NagRdu.GetUrlToUploadFileToHost",
            "NagRdu.GetCurrentHostState", "NagRemoteScreen.GetExistingSessions", "NagRdu.GetUrlToUploadFileToHost",
        ]
        for (id, method) in methods.enumerated() {
            try client.request(
                "callAgent",
                .agentCall(handle, method, ["nType": 1]),
                id: .number(JSONNumber(id))
            )
        }
        for id in 0..<methods.count { #expect(try client.reply()["id"]?.integer == Int64(id)) }
        let calls = try scene.lab.calls(after: mark)
        #expect(calls.map(\.operation) == methods)
        let login = try scene.lab.calls().first { $0.operation == "login" }
        #expect(login?.scheme == "KSCGW")
        #expect(Set(calls.map(\.connection)) == [login?.connection])
    }

    @Test func `a second call waits while the first one of a connection is under way`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene), [("binding", "connection")])
        try scene.lab.fault("NagRdu.*:hang")
        let mark = try scene.lab.requests().count
        for id in 0..<3 {
            let call = JSONValue.agentCall(handle, "NagRdu.GetCurrentHostState", [:], [("deadlineMs", 2000)])
            try client.request("callAgent", call, id: .number(JSONNumber(id)))
        }
        try waitUntil("one is under way") { try scene.lab.calls(after: mark).count >= 1 }
        let other = try scene.connect()
        #expect(try listed(other)?["callsInFlight"] == 1)
        let kinds = try (0..<3).map { _ in try client.reply().errorKind }
        #expect(kinds.contains("deadlineExceeded"), "\(kinds)")
        #expect(try scene.lab.calls(after: mark).count == 1)
        // What waits for an answer on its connection cannot be used for anything else.
        #expect(try client.callAgent(handle, "NagHstCtl.GetHostRuntimeInfo").errorKind == "gatewayGone")
    }

    @Test(arguments: ["logged out", "server ended", "reset"])
    func `a gateway by connection is dead when its connection is`(how: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene), [("binding", "connection")])
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 1)
        let logins = try scene.lab.calls().count { $0.operation == "login" }
        switch how {
        case "logged out": try scene.lab.revoke("login")
        case "server ended": scene.lab.program.stop(SIGKILL)
        default:
            try scene.lab.fault("NagRdu.*:reset,times=1")
            #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "outcomeUnknown")
        }
        for _ in 0..<2 {
            #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "gatewayGone")
        }
        #expect(try listed(client)?["state"] == "closed")
        #expect(try listed(client)?["closedBecause"] == "gatewayGone")
        #expect(try client.call("closeGateway", ["gateway": .string(handle)])["error"] == nil)
        #expect(try listed(client) == nil)
        guard how != "server ended" else { return }
        #expect(try scene.lab.calls().count { $0.operation == "login" } == logins)
        #expect(try scene.lab.open("connectionLogins") == 0)
    }

    // MARK: Gateways by session

    @Test func `four calls at once go through one gateway by session and the others wait`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        try scene.lab.fault("NagRdu.*:hang")
        let mark = try scene.lab.requests().count
        for id in 0..<6 {
            let call = JSONValue.agentCall(handle, "NagRdu.GetCurrentHostState")
            try client.request("callAgent", call, id: .number(JSONNumber(id)))
        }
        try waitUntil("four are under way") { try scene.lab.calls(after: mark).count >= 4 }
        let other = try scene.connect()
        #expect(try listed(other)?["callsInFlight"] == 4)
        #expect(try scene.lab.calls(after: mark).count == 4)
        try scene.lab.clearFaults()
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":0}}"#)
        var answered: [Int64: JSONValue] = [:]
        for _ in 0..<3 {
            let reply = try client.reply()
            answered[reply["id"]?.integer ?? -1] = reply
        }
        #expect(answered[0]?.errorKind == "cancelled")
        #expect(answered[0]?["error"]?["data"]?["outcome"] == "unknown")
        #expect(answered[4]?["result"] != nil)
        #expect(answered[5]?["result"] != nil)
        #expect(try scene.lab.calls(after: mark).count == 6)
    }

    @Test func `one that hangs does not keep others from their own gateways`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let silent = try client.openGateway(["agent": .string(try scene.lab.host("MAIN-SILENT"))])
        let lively = try client.openGateway(try agent(scene))
        for id in 0..<6 {
            let call = JSONValue.agentCall(silent, "NagRdu.GetCurrentHostState")
            try client.request("callAgent", call, id: .number(JSONNumber(id)))
        }
        let other = try scene.connect()
        for _ in 0..<20 { #expect(try other.callAgent(lively, "NagRdu.GetCurrentHostState")["error"] == nil) }
    }

    // MARK: Ends

    @Test(arguments: ["session", "connection"])
    func `closing a gateway ends it on the server`(binding: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("NORTH-WS-1"))]
        let handle = try client.openGateway(target, [("via", [1]), ("binding", .string(binding))])
        #expect(try client.call("closeGateway", ["gateway": .string(handle)])["result"]?["closed"] == true)
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "unknownGateway")
        #expect(try client.call("closeGateway", ["gateway": .string(handle)]).errorKind == "unknownGateway")
        try waitUntil("it is ended") { try scene.lab.open("gateways") == 0 }
        #expect(try scene.lab.open("connectionLogins") == 0)
        #expect(try scene.lab.open("gatewayKeys") == 0)
    }

    @Test func `a session that two gateways share ends with the second`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handles = try (0..<2).map { _ in try client.openGateway(try agent(scene)) }
        #expect(try scene.lab.open("gateways") == 1)
        #expect(try client.call("closeGateway", ["gateway": .string(handles[0])])["error"] == nil)
        #expect(try client.callAgent(handles[1], "NagRdu.GetCurrentHostState")["result"]?["generation"] == 1)
        #expect(try client.call("closeGateway", ["gateway": .string(handles[1])])["error"] == nil)
        try waitUntil("it is ended") { try scene.lab.open("gateways") == 0 }
    }

    @Test(arguments: ["session", "connection"])
    func `a gateway that nobody uses is closed after its idle time`(binding: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let more: [(String, JSONValue)] = [("binding", .string(binding)), ("idleTimeoutSeconds", 1)]
        let handle = try client.openGateway(try agent(scene), more)
        #expect(try listed(client)?["idleTimeoutSeconds"] == 1)
        try waitUntil("its time is over") { try listed(client) == nil }
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "unknownGateway")
        try waitUntil("it is ended") { try scene.lab.open("gateways") == 0 }
    }

    @Test func `a gateway in use is not idle`() throws {
        let scene = try Scene(lab: ["--ksc-action-duration", "2500"])
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene), [("idleTimeoutSeconds", 1)])
        let reply = try client.callAgent(handle, "NagRdu.ExecuteGsiAsync", [:], [("await", true)])
        #expect(reply["result"]?["action"] != nil, "\(reply.text)")
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["error"] == nil)
    }

    @Test func `a stopped daemon leaves nothing open on the servers`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        for name in ["MAIN-WS-1", "MAIN-SILENT"] {
            for binding in ["session", "connection"] {
                let target: JSONValue = ["agent": .string(try scene.lab.host(name))]
                _ = try client.openGateway(target, [("binding", .string(binding))])
            }
        }
        let behind: JSONValue = ["agent": .string(try scene.lab.host("HARBOUR-WS-1"))]
        _ = try client.openGateway(behind, [("via", [1, 1])])
        let pooled: JSONValue = ["target": ["secondary": 2], "method": "HostGroup.GroupIdGroups"]
        #expect(try client.call("callAgent", pooled)["error"] == nil)
        #expect(try scene.lab.open("gateways") >= 6)
        #expect(scene.daemon.program.stop(SIGTERM) == 0)
        // Connections end with the process; the lab hears of it a moment later.
        try waitUntil("connections are gone") { try scene.lab.open("connectionLogins") == 0 }
        let open = try scene.lab.open()
        #expect(open["sessions"] == 0, "\(open.text)")
        #expect(open["gateways"] == 0, "\(open.text)")
        #expect(open["gatewayKeys"] == 0, "\(open.text)")
    }

    @Test func `a daemon that is stopped while a route is opened leaves nothing either`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        try scene.lab.fault("CgwHelper.GetNagentLocation:latency=1500")
        let behind: JSONValue = ["agent": .string(try scene.lab.host("HARBOUR-WS-1"))]
        try client.request("prepareGateway", ["target": behind, "via": [1, 1]])
        try waitUntil("the second server is reached") { try scene.lab.count("Session.StartSession") == 3 }
        kill(scene.daemon.program.process, SIGTERM)
        let reply = try client.reply()
        #expect(reply["result"] != nil || reply.errorKind == "stopping" || reply.errorKind == "busy", "\(reply.text)")
        #expect(scene.daemon.program.waitForEnd() == 0)
        let open = try scene.lab.open()
        #expect(open["sessions"] == 0, "\(open.text)")
        #expect(open["gateways"] == 0, "\(open.text)")
    }

    @Test(arguments: [1, 4, 8])
    func `a caller who leaves while a route is opened leaves nothing behind`(requests: Int) throws {
        let scene = try Scene()
        let behind: JSONValue = ["agent": .string(try scene.lab.host("HARBOUR-WS-1"))]
        try scene.lab.fault("ksc:latency=40")
        let client = try scene.connect()
        try client.request("prepareGateway", ["target": behind, "via": [1, 1]])
        try waitUntil("it is so far") { try scene.lab.calls().count >= requests }
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#)
        #expect(try client.reply().errorKind == "cancelled")
        // What was begun goes on to its end, since others may wait for it, and is ended then.
        try waitUntil("every gateway was ended") {
            let calls = try scene.lab.calls()
            let opened = calls.count { $0.scheme == "KSCGW" }
            return opened == 3 && calls.count { $0.operation == "Session.EndSession" } == opened
        }
        #expect(try scene.lab.open("gateways") == 0)
        #expect(try scene.lab.open("gatewayKeys") == 0)
        #expect(try client.call("listGateways")["result"]?["gateways"] == [])
    }
}
