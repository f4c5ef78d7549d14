// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// Calls through gateways: what reaches the agent, and how its answers come back.
@Suite(.timeLimit(.minutes(2))) struct GatewayCallTests {
    private func gateway(_ scene: Scene, _ client: WireClient, _ more: [(String, JSONValue)] = []) throws -> String {
        try client.openGateway(["agent": .string(try scene.lab.host("MAIN-WS-1"))], more)
    }

    @Test(arguments: ["session", "connection"])
    func `every class of an agent can be called`(binding: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try gateway(scene, client, [("binding", .string(binding))])
        let calls: [(String, JSONValue)] = [
            ("NagHstCtl.GetHostRuntimeInfo", ["pFilter": ["KLHST_APP_INFO": ["type": "params", "value": [:]]]]),
            ("NagHstCtl.SendProductAction", ["szwProduct": "KES", "szwVersion": "11.0.0.0", "nProductAction": 0]),
            ("NagRdu.GetCurrentHostState", [:]),
            (
                "NagGuiCalls.CallConnectorAsync",
                [
                    "szwProduct": "KES", "szwVersion": "11.0.0.0", "szwCallName": "Echo", "pInData": ["a": 1],
                ]
            ),
            ("NagRemoteScreen.GetExistingSessions", ["nType": 1]),
            (
                "NagCgwHelper.GetProductComponentLocation",
                [
                    "szwProduct": "KES", "szwVersion": "11.0.0.0", "szwComponent": "FileThreatProtection",
                ]
            ),
            (
                "NagNetworkListApi.GetListItemFileInfo",
                [
                    "listName": "Quarantine", "itemId": "item-1", "bNeedPacked": false,
                ]
            ),
        ]
        for (method, arguments) in calls {
            let reply = try client.callAgent(handle, method, arguments)
            #expect(reply["error"] == nil, "\(method): \(reply.text)")
            #expect(reply["result"]?["generation"] == 1)
        }
        // A method without a return value, and out parameters beside one.
        let action = try client.callAgent(handle, calls[1].0, calls[1].1)
        #expect(action["result"]?["result"]?.isNull == true)
        let info = try client.callAgent(handle, calls[6].0, calls[6].1)
        #expect(info["result"]?["out"]?["pFileInfo"]?.object != nil, "\(info.text)")
    }

    @Test func `values keep their wrappers in the typed form and lose them in the plain one`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try gateway(scene, client)
        let filter: JSONValue = ["pFilter": ["klhst-rt-InstInfo": ["type": "params", "value": [:]]]]
        let typed = try client.callAgent(handle, "NagHstCtl.GetHostRuntimeInfo", filter)
        #expect(typed.text.contains(#"{"type":"long","value":9007199254740993}"#), "\(typed.text)")
        let plain = try client.callAgent(handle, "NagHstCtl.GetHostRuntimeInfo", filter, [("format", "plain")])
        #expect(plain.text.contains(#""ScannedObjects":9007199254740993"#), "\(plain.text)")
        #expect(!plain.text.contains(#""type":"#), "\(plain.text)")
    }

    @Test func `what an agent echoes comes back as it was sent`() throws {
        let scene = try Scene(lab: ["--ksc-action-duration", "30"])
        let client = try scene.connect()
        let handle = try gateway(scene, client)
        let data: JSONValue = [
            "text": "ñ \"quoted\" \\ \n", "false": false, "zero": 0, "negative": -5,
            "long": ["type": "long", "value": 9_223_372_036_854_775_807],
            "binary": ["type": "binary", "value": "AAECAw=="],
            "time": ["type": "datetime", "value": "2026-02-28T23:59:59Z"],
            "inside": ["type": "params", "value": ["list": [1, nil, ["type": "params", "value": ["b": false]]]]],
        ]
        let arguments: JSONValue = [
            "szwProduct": "KES", "szwVersion": "11.0.0.0", "szwCallName": "Echo", "pInData": data,
        ]
        let reply = try client.callAgent(handle, "NagGuiCalls.CallConnectorAsync", arguments, [("await", true)])
        #expect(reply["result"]?["action"]?["state"]?.text == data.text, "\(reply.text)")
    }

    @Test func `a server's own error keeps its code and its text`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try gateway(scene, client)
        // Classes of a server are unknown at an agent, and the reverse.
        let wrong = try client.callAgent(handle, "HostGroup.FindHosts", ["wstrFilter": ""])
        #expect(wrong.errorKind == "upstreamError")
        #expect(wrong["error"]?["data"]?["upstream"]?["code"] == "KLSTD 1186")
        #expect(wrong["error"]?["data"]?["upstream"]?["name"] == "main")
        let other = try client.call("callServer", ["method": "NagRdu.GetCurrentHostState"])
        #expect(other["error"]?["data"]?["upstream"]?["code"] == "KLSTD 1186")
        try scene.lab.fault("NagRdu.*:error=1184")
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "noPermission")
        #expect(try client.callAgent(handle, "NagHstCtl.GetHostRuntimeInfo", ["pFilter": [:]])["error"] == nil)
    }

    @Test(arguments: [
        "Session.EndSession", "session.endsession", "SESSION.Ping", "sEsSiOn.CreateToken", "Session.StartSession",
        "GatewayConnection.PrepareGatewayConnection", "gatewayconnection.preparetunnelconnection",
        "Any.Session.EndSession", "Any.GATEWAYCONNECTION.Prepare", "Any.Thing.login", "Login.Thing", "A.Login",
        "A.LOGIN.B",
    ])
    func `the daemon's own classes are refused in any spelling`(method: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        #expect(try client.call("callServer", ["method": .string(method)]).errorKind == "forbiddenCall")
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        #expect(
            try client.call("callAgent", ["target": target, "method": .string(method)]).errorKind == "forbiddenCall"
        )
        #expect(try client.callAgent("gw-0000000000000000000000", method).errorKind == "forbiddenCall")
        #expect(try scene.lab.calls().isEmpty)
    }

    @Test(arguments: [
        "login", "Session", "NagRdu", "NagRdu.", ".GetCurrentHostState", "NagRdu..X", "A.B.C.D", "Nag-Rdu.X",
        "NagRdu.X/../Session.EndSession", "NagRdu.X?y=1", "NagRdu.X#y", "NagRdu/X.Y", "Ｓession.EndSession", "1A.B",
        "NagRdu.%53", " NagRdu.X", "NagRdu.X\n", "",
    ])
    func `what is no method's name goes nowhere`(method: String) throws {
        let scene = try Scene()
        let kind = try scene.connect(wrong: .requests).call("callServer", ["method": .string(method)]).errorKind
        #expect(kind == "invalidParams" || kind == "forbiddenCall", "\(kind ?? "no error")")
        #expect(try scene.lab.calls().isEmpty)
    }

    @Test func `an action is followed to its end and every look is told`() throws {
        let scene = try Scene(lab: ["--ksc-action-duration", "1500"])
        let client = try scene.connect()
        let handle = try gateway(scene, client)
        let more: [(String, JSONValue)] = [("await", true), ("progress", true)]
        try client.request(
            "callAgent",
            .agentCall(handle, "NagRdu.RunKlnagchkAsync", ["szwProductID": "1103/1.0.0.0"], more)
        )
        var looks: [Int64] = []
        var reply = try client.reply()
        while reply["method"] == "progress" {
            #expect(reply["params"]?["unit"] == "checks")
            looks.append(reply["params"]?["done"]?.integer ?? -1)
            reply = try client.reply()
        }
        #expect(!looks.isEmpty)
        #expect(looks == Array(1...Int64(max(looks.count, 1))))
        let id = reply["result"]?["result"]?.string
        #expect(id?.isEmpty == false, "\(reply.text)")
        #expect(reply["result"]?["action"]?["id"]?.string == id)
        #expect(reply["result"]?["action"]?["state"]?.object != nil)
        let calls = try scene.lab.calls()
        #expect(calls.count { $0.operation == "NagRdu.RunKlnagchkAsync" } == 1)
        // The server's own delay was kept: no look came too early, which would have been an error.
        let sessions = Set(calls.filter { $0.operation.hasSuffix("CheckActionState") }.map(\.session))
        #expect(sessions.count == 1)
        #expect(try scene.lab.open()["nodes"]?[try scene.lab.host("MAIN-WS-1")]?["actions"] ?? 0 == 0)
    }

    @Test func `an action that fails is an error of its own`() throws {
        let scene = try Scene(lab: ["--ksc-action-duration", "30"])
        let client = try scene.connect()
        let handle = try gateway(scene, client)
        let arguments: JSONValue = ["szwEventLog": "No Such Log"]
        let reply = try client.callAgent(handle, "NagRdu.DownloadEventlogAsync", arguments, [("await", true)])
        #expect(reply.errorKind == "actionFailed", "\(reply.text)")
        #expect(reply["error"]?["data"]?["upstream"]?["code"]?.string?.contains("1186") == true)
    }

    @Test(arguments: [("session", "cancelled"), ("connection", "cancelled"), ("session", "deadlineExceeded")])
    func `following ends with its caller's wish or time, which names the action, and the gateway is good for more`(
        binding: String,
        end: String
    ) throws {
        let scene = try Scene(lab: ["--ksc-action-duration", "60000"])
        let client = try scene.connect()
        let handle = try gateway(scene, client, [("binding", .string(binding))])
        var more: [(String, JSONValue)] = [("await", true), ("progress", true)]
        if end == "deadlineExceeded" { more.append(("deadlineMs", 4000)) }
        try client.request("callAgent", .agentCall(handle, "NagRdu.ExecuteGsiAsync", [:], more), id: "a")
        #expect(try client.reply()["method"] == "progress")
        if end == "cancelled" {
            try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}}"#)
        }
        let reply = try client.finalReply()
        #expect(reply["id"] == "a")
        #expect(reply.errorKind == end)
        let data = reply["error"]?["data"]
        #expect(data?["outcome"] == "unknown")
        // The id is a UUID, by which it is found on the server.
        #expect(
            data?["hint"]?.string?.contains(/The action [0-9A-Fa-f-]{36} has begun and goes on/) == true,
            "\(reply.text)"
        )
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 1)
    }

    @Test func `an action in one piece has to be awaited`() throws {
        let scene = try Scene(lab: ["--ksc-action-duration", "30"])
        let client = try scene.connect(wrong: .requests)
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let reply = try client.call("callAgent", ["target": target, "method": "NagRdu.ExecuteGsiAsync"])
        #expect(reply.errorKind == "invalidParams")
        #expect(reply["error"]?["data"]?["violations"]?.array?.first?["path"] == "/await")
        let params: JSONValue = ["target": target, "method": "NagRdu.ExecuteGsiAsync", "await": true]
        #expect(try client.call("callAgent", params)["result"]?["action"]?["id"] != nil)
    }

    @Test func `servers are called by way of others`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        for (via, name) in [([JSONValue](), "main"), ([1], "north"), ([1, 1], "harbour")] {
            let mark = try scene.lab.requests().count
            let reply = try client.call("callServer", ["method": "HostGroup.GroupIdGroups", "via": .array(via)])
            #expect(reply["result"]?["result"] == 0, "\(reply.text)")
            let call = try scene.lab.calls(after: mark).last { $0.operation == "HostGroup.GroupIdGroups" }
            #expect(call?.target == name)
        }
    }
}
