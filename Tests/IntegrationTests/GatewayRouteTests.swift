// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// Routes of every kind against the lab: where they lead, what they cost, and that nothing is left behind on the way.
@Suite(.timeLimit(.minutes(2))) struct GatewayRouteTests {
    /// A kind of target, and what it takes to open one on a session that is open already.
    enum Way: CaseIterable, CustomTestStringConvertible {
        case agent, secondary, agentBehindSecondary, agentBehindTwo, secondaryBehindSecondary, component
        case componentBehindSecondary, instance, instanceBehindSecondary

        var testDescription: String { "\(self)" }

        var via: [JSONValue] {
            switch self {
            case .agent, .secondary, .component, .instance: []
            case .agentBehindSecondary, .secondaryBehindSecondary, .componentBehindSecondary,
                .instanceBehindSecondary:
                [1]
            case .agentBehindTwo: [1, 1]
            }
        }

        func target(_ lab: Lab) throws -> JSONValue {
            let component: JSONValue = ["product": "KES", "version": "11.0.0.0", "name": "FileThreatProtection"]
            return switch self {
            case .agent: ["agent": .string(try lab.host("MAIN-WS-1"))]
            case .agentBehindSecondary: ["agent": .string(try lab.host("NORTH-WS-1"))]
            case .agentBehindTwo: ["agent": .string(try lab.host("HARBOUR-WS-1"))]
            case .secondary: ["secondary": 2]
            case .secondaryBehindSecondary: ["secondary": 1]
            case .component: ["agent": .string(try lab.host("MAIN-WS-1")), "component": component]
            case .componentBehindSecondary: ["agent": .string(try lab.host("NORTH-WS-1")), "component": component]
            case .instance: ["secondaryInstance": .string(try lab.instance("south"))]
            case .instanceBehindSecondary: ["secondaryInstance": .string(try lab.instance("harbour"))]
            }
        }

        /// What the log calls the node.
        func node(_ lab: Lab) throws -> String {
            switch self {
            case .agent: try lab.host("MAIN-WS-1")
            case .agentBehindSecondary: try lab.host("NORTH-WS-1")
            case .agentBehindTwo: try lab.host("HARBOUR-WS-1")
            case .secondary, .instance: "south"
            case .secondaryBehindSecondary, .instanceBehindSecondary: "harbour"
            case .component: try lab.host("MAIN-WS-1") + "/KES/FileThreatProtection"
            case .componentBehindSecondary: try lab.host("NORTH-WS-1") + "/KES/FileThreatProtection"
            }
        }

        /// A call that only this kind of node answers.
        var question: (method: String, arguments: JSONValue) {
            switch self {
            case .agent, .agentBehindSecondary, .agentBehindTwo: ("NagRdu.GetCurrentHostState", [:])
            case .component, .componentBehindSecondary: ("LabComponent.GetInfo", [:])
            case .secondary, .secondaryBehindSecondary, .instance, .instanceBehindSecondary:
                ("ServerHierarchy.GetChildServers", ["nGroupId": -1])
            }
        }

        private static let location = "CgwHelper.GetNagentLocation"
        private static let server = "CgwHelper.GetSlaveServerLocation"
        private static let part = "NagCgwHelper.GetProductComponentLocation"
        private static let key = "GatewayConnection.PrepareGatewayConnection"
        private static let session = "Session.StartSession"
        private static let end = "Session.EndSession"

        /// The requests in their order, ends aside, which nobody waits for.
        var requests: [String] {
            let secondary = [Self.server, Self.key, Self.session]
            let agent = [Self.location, Self.key, Self.session]
            return switch self {
            case .agent: agent
            case .secondary: secondary
            case .agentBehindSecondary: secondary + agent
            case .secondaryBehindSecondary: secondary + secondary
            case .agentBehindTwo: secondary + secondary + agent
            case .component: agent + [Self.part, Self.key, Self.session]
            case .componentBehindSecondary: secondary + agent + [Self.part, Self.key, Self.session]
            case .instance: [Self.key + "ToSecondaryServer", Self.session]
            case .instanceBehindSecondary: secondary + ["ServerHierarchy.GetChildServers"] + secondary
            }
        }

        /// How many gateways on the way are opened and ended again.
        var ends: Int {
            switch self {
            case .agent, .secondary, .instance: 0
            case .agentBehindSecondary, .secondaryBehindSecondary, .component, .instanceBehindSecondary: 1
            case .agentBehindTwo, .componentBehindSecondary: 2
            }
        }
    }

    @Test(arguments: Way.allCases)
    func `a route leads to its target with the documented requests and leaves nothing on the way`(_ way: Way) throws {
        let scene = try Scene()
        try scene.lab.set("locations=sameOrder")
        let client = try scene.connect()
        let target = try way.target(scene.lab)
        let reply = try client.prepareGateway(target, [("via", .array(way.via))])
        let handle = try #require(reply["result"]?["gateway"]?.string, "\(reply.text)")
        #expect(reply["result"]?["generation"] == 1)
        #expect(reply["result"]?["binding"] == "session")
        let kinds = reply["result"]?["route"]?.array?.compactMap { $0["kind"]?.string } ?? []
        #expect(kinds.first == "server")
        #expect(kinds.count == 1 + way.via.count + (target["component"] == nil ? 1 : 2))

        let answer = try client.callAgent(handle, way.question.method, way.question.arguments)
        #expect(answer["result"]?["result"]?.isNull == false, "\(answer.text)")
        try waitUntil("gateways on the way are ended") { try scene.lab.count("Session.EndSession") == way.ends }
        let calls = try scene.lab.calls()
        let node = try way.node(scene.lab)
        #expect(calls.last { $0.operation == way.question.method }?.target == node)
        let operations = calls.map(\.operation).filter { $0 != "Session.EndSession" }
        #expect(operations == ["Session.StartSession"] + way.requests + [way.question.method])
        #expect(calls.allSatisfy { $0.status == 200 })
        let open = try scene.lab.open()
        #expect(open["gateways"] == 1, "\(open.text)")
        #expect(open["gatewayKeys"] == 0, "\(open.text)")
        #expect(open["connectionLogins"] == 0, "\(open.text)")
    }

    @Test(arguments: [(1, Way.agent, 3), (2, .agentBehindSecondary, 7), (3, .agentBehindTwo, 11)])
    func `a route takes 4 N - 1 requests on an open session, as documented`(
        depth: Int,
        way: Way,
        documented: Int
    ) throws {
        #expect(documented == 4 * depth - 1)
        let scene = try Scene()
        let client = try scene.connect()
        // The session on the primary is open already.
        #expect(try client.call("listSecondaries")["error"] == nil)
        let mark = try scene.lab.requests().count
        _ = try client.openGateway(try way.target(scene.lab), [("via", .array(way.via))])
        try waitUntil("gateways on the way are ended") { try scene.lab.count("Session.EndSession") == way.ends }
        let operations = try scene.lab.operations(after: mark)
        #expect(operations.count == documented, "\(operations)")
    }

    @Test func `a way that is open already is used by routes that begin with it`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let north = try client.openGateway(["secondary": 1])
        var mark = try scene.lab.requests().count
        let agent: JSONValue = ["agent": .string(try scene.lab.host("NORTH-WS-1"))]
        let behind = try client.openGateway(agent, [("via", [1])])
        #expect(try scene.lab.operations(after: mark) == Way.agent.requests)
        mark = try scene.lab.requests().count
        _ = try client.openGateway(["secondary": 1], [("via", [1])])
        #expect(try scene.lab.operations(after: mark) == Way.secondary.requests)
        // The same route once more takes nothing, and is a gateway of its own.
        mark = try scene.lab.requests().count
        let again = try client.openGateway(agent, [("via", [1])])
        #expect(again != behind)
        #expect(try scene.lab.operations(after: mark).isEmpty)
        for handle in [behind, again] {
            #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["error"] == nil)
        }
        #expect(try client.callAgent(north, "HostGroup.GroupIdSuper")["result"]?["result"] == 2)
        #expect(try scene.lab.count("Session.EndSession") == 0)
    }

    @Test func `routes that are asked for at once share their way`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        #expect(try client.call("listSecondaries")["error"] == nil)
        let mark = try scene.lab.requests().count
        // In one message: sent one after the other, the first one's way was ended on a busy machine before the second came.
        let requests: [JSONValue] = try ["NORTH-WS-1", "NORTH-WS-2"].enumerated().map { id, name in
            let target: JSONValue = ["agent": .string(try scene.lab.host(name))]
            return [
                "jsonrpc": "2.0", "method": "prepareGateway", "params": ["target": target, "via": [1]],
                "id": .number(JSONNumber(id)),
            ]
        }
        try client.send(JSONValue.array(requests).text)
        let replies = try #require(client.reply().array)
        #expect(replies.count == 2 && replies.allSatisfy { $0["result"]?["gateway"] != nil })
        try waitUntil("the way is ended") { try scene.lab.open("gateways") == 2 }
        #expect(try scene.lab.calls(after: mark).count { $0.operation == "CgwHelper.GetSlaveServerLocation" } == 1)
    }

    @Test func `a call in one piece keeps its way for the next one`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("NORTH-WS-1"))]
        let call: JSONValue = ["target": target, "via": [1], "method": "NagRdu.GetCurrentHostState"]
        #expect(try client.call("callAgent", call)["error"] == nil)
        let mark = try scene.lab.requests().count
        #expect(try client.call("callAgent", call)["error"] == nil)
        #expect(
            try scene.lab.operations(after: mark).filter { $0 != "Session.EndSession" } == [
                "NagRdu.GetCurrentHostState"
            ]
        )
        #expect(try client.call("listGateways")["result"]?["gateways"] == [])
    }

    @Test func `what the servers do not know, or what cannot be a way, is said`() throws {
        let scene = try Scene()
        let client = try scene.connect(wrong: .requests)
        let host = JSONValue.string(try scene.lab.host("MAIN-WS-1"))
        func kind(_ target: JSONValue, _ via: [JSONValue] = []) throws -> String? {
            try client.prepareGateway(target, [("via", .array(via))]).errorKind
        }
        #expect(try kind(["agent": "nobody"]) == "unknownTarget")
        #expect(try kind(["agent": .string("nobody\" or \"1\"=\"1")]) == "unknownTarget")
        #expect(try kind(["agent": host], [2]) == "unknownTarget")
        #expect(try kind(["secondary": 99]) == "unknownTarget")
        #expect(try kind(["secondary": 1], [2]) == "unknownTarget")
        #expect(try kind(["secondaryInstance": "no-such-instance"]) == "unknownTarget")
        #expect(try kind(["secondaryInstance": "no-such-instance"], [1]) == "unknownTarget")
        let component: JSONValue = ["product": "KES", "version": "11.0.0.0", "name": "NoSuchComponent"]
        #expect(try kind(["agent": host, "component": component]) == "unknownTarget")
        #expect(try kind(["agent": host], [JSONValue](repeating: 1, count: 17)) == "invalidParams")
        try waitUntil("nothing is left behind") { try scene.lab.open("gateways") == 0 }
        #expect(try scene.lab.open("gatewayKeys") == 0)
        #expect(try client.call("listGateways")["result"]?["gateways"] == [])
    }

    @Test func `locations that were obtained elsewhere lead to the same place`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let arguments: JSONValue = ["wsHostName": .string(try scene.lab.host("MAIN-WS-1"))]
        let question: JSONValue = ["method": "CgwHelper.GetNagentLocation", "arguments": arguments]
        let location = try #require(try client.call("callServer", question)["result"]?["result"])
        let reply = try client.call("prepareGateway", ["locations": [location]])
        #expect(reply["result"]?["route"]?.array?.last == ["kind": "location", "id": ""], "\(reply.text)")
        let handle = try #require(reply["result"]?["gateway"]?.string)
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["error"] == nil)
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `without a rule that names them, an administrator's own locations are refused`() throws {
        let scene = try Scene(administrators: Scene.otherUser)
        let other = try scene.connect(as: Scene.otherUser)[0]
        let reply = try other.call("prepareGateway", ["locations": [["GwLocHostId": "x"]]])
        #expect(reply.errorKind == "forbidden")
        #expect(try scene.lab.calls().isEmpty)
    }
}
