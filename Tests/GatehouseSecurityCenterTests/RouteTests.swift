// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

@Suite(.timeLimit(.minutes(2))) struct RouteTests {
    /// Secondaries to a depth, then the agent of the last server.
    static func route(secondaries: Int, agent: Bool = true) throws -> Route {
        var nodes: [Route.Node] = (0..<secondaries).map { .secondary(Int64($0 + 1)) }
        if agent { nodes.append(.agent(secondaries == 0 ? "h-primary" : "h-s\(secondaries)")) }
        return try Route(nodes)
    }

    @Test(arguments: [0, 1, 2, 3, 6])
    func `a route of depth N takes 4 N - 1 requests beside the account's own login`(secondaries: Int) async throws {
        let scene = try Scene()
        scene.server.state.withLock { $0.depth = 6 }
        let gateway = try await scene.pool.prepareGateway(
            server: "main",
            route: try Self.route(secondaries: secondaries),
            owner: 1000
        )
        let depth = secondaries + 1
        await scene.eventually { scene.server.methods.count == 4 * depth }
        let methods = scene.server.methods
        #expect(methods.filter { $0 == "GatewayConnection.PrepareGatewayConnection" }.count == depth)
        #expect(methods.filter { $0 == "Session.StartSession" }.count == depth + 1)
        #expect(methods.filter { $0 == "Session.EndSession" }.count == depth - 1)
        // The servers on the way are left, the primary and the target stay.
        #expect(scene.server.openSessions.count == 2)
        #expect(
            try await scene.whereAmI(gateway).result == .string(secondaries == 0 ? "h-primary" : "h-s\(secondaries)")
        )
    }

    @Test func `each location is asked of the server that owns the node, and every key of the primary`() async throws {
        let scene = try Scene()
        _ = try await scene.pool.prepareGateway(server: "main", route: try Self.route(secondaries: 2), owner: 1000)
        let asked = scene.server.arrivals.filter { $0.method.hasPrefix("CgwHelper") }.map { $0.node ?? "" }
        #expect(asked == ["primary", "s1", "s2"])
        let prepared = scene.server.arrivals.filter { $0.method.hasPrefix("GatewayConnection") }
        #expect(prepared.allSatisfy { $0.node == "primary" })
        let last = try JSONValue(parsing: prepared.last?.body ?? "")
        #expect(
            last["pLocations"]?.array?.compactMap { $0["value"]?["GwLocLocation"]?.string } == ["s1", "s2", "h-s2"]
        )
    }

    @Test func `a location is carried without loss`() async throws {
        let scene = try Scene()
        _ = try await scene.pool.prepareGateway(server: "main", route: try Self.route(secondaries: 0), owner: 1000)
        let body = scene.server.arrivals.last { $0.method.hasPrefix("GatewayConnection") }?.body
        #expect(
            body == """
                {"pLocations":[{"type":"params","value":{"GwLocIndirect":false,"GwLocLocation":"h-primary",\
                "GwLocSign":{"type":"binary","value":"AAE="}}}]}
                """
        )
    }

    @Test func `routes that share a way use what is open of it`() async throws {
        let scene = try Scene()
        let server = try await scene.pool.prepareGateway(
            server: "main",
            route: try Self.route(secondaries: 1, agent: false),
            owner: 1000
        )
        scene.server.forgetArrivals()
        _ = try await scene.pool.prepareGateway(server: "main", route: try Self.route(secondaries: 1), owner: 1000)
        #expect(
            scene.server.methods == [
                "CgwHelper.GetNagentLocation", "GatewayConnection.PrepareGatewayConnection", "Session.StartSession",
            ]
        )
        #expect(try await scene.whereAmI(server).result == "s1")
    }

    @Test func `routes prepared at once share the way to them`() async throws {
        let scene = try Scene()
        let gate = Gate()
        scene.server.onRequest { $0.method == "CgwHelper.GetSlaveServerLocation" ? .held(gate) : nil }
        let target = try Self.route(secondaries: 1)
        let server = try Self.route(secondaries: 1, agent: false)
        async let first = scene.pool.prepareGateway(server: "main", route: target, owner: 1000)
        async let second = scene.pool.prepareGateway(server: "main", route: server, owner: 1000)
        async let third = scene.pool.prepareGateway(server: "main", route: target, owner: 1000)
        await scene.eventually { gate.count > 0 }
        gate.open()
        _ = try await (first, second, third)
        #expect(scene.server.methods.filter { $0 == "CgwHelper.GetSlaveServerLocation" }.count == 1)
        #expect(scene.server.methods.filter { $0 == "CgwHelper.GetNagentLocation" }.count == 1)
        #expect(scene.server.openSessions == ["h-s1", "primary", "s1"])
    }

    @Test func `a component stands behind its agent`() async throws {
        let scene = try Scene()
        let route = try Route([.agent("h-primary"), .component(product: "KES", version: "11", name: "c")])
        let gateway = try await scene.pool.prepareGateway(server: "main", route: route, owner: 1000)
        #expect(try await scene.whereAmI(gateway).result == "c-h-primary")
        let asked = scene.server.arrivals.first { $0.method.hasPrefix("NagCgw") }
        #expect(asked?.body == #"{"szwProduct":"KES","szwVersion":"11","szwComponent":"c"}"#)
        #expect(asked?.node == "h-primary")
    }

    @Test func `a child of the primary is reached by its instance id at once, one further away by its number`()
        async throws
    {
        let scene = try Scene()
        let child = try await scene.pool.prepareGateway(
            server: "main",
            route: try Route([.secondaryInstance("i-s1")]),
            owner: 1000
        )
        #expect(try await scene.whereAmI(child).result == "s1")
        #expect(scene.server.methods.count == 4)
        let further = try await scene.pool.prepareGateway(
            server: "main",
            route: try Route([.secondary(1), .secondaryInstance("i-s2")]),
            owner: 1000
        )
        #expect(try await scene.whereAmI(further).result == "s2")
        let unknown = await code {
            try await scene.pool.prepareGateway(
                server: "main",
                route: try Route([.secondary(1), .secondaryInstance("i-s9")]),
                owner: 1000
            )
        }
        #expect(unknown == .unknownTarget)
    }

    @Test func `locations that the caller brought are used as they are`() async throws {
        let scene = try Scene()
        let bare: JSONValue = [
            "GwLocIndirect": false, "GwLocLocation": "s1", "GwLocSign": ["type": "binary", "value": "AAE="],
        ]
        var agent = bare.object ?? JSONObject()
        agent["GwLocLocation"] = "h-s1"
        let route = try Route(locations: [bare, ["type": "params", "value": .object(agent)]])
        let gateway = try await scene.pool.prepareGateway(server: "main", route: route, owner: 1000)
        #expect(try await scene.whereAmI(gateway).result == "h-s1")
        #expect(scene.server.methods.count == 4)
    }

    @Test(arguments: [
        [Route.Node.agent("nobody")], [.secondary(9)], [.secondary(1), .agent("h-primary")],
        [.secondary(1), .secondary(1)],
    ])
    func `what a server does not know is an unknown target, and nothing stays open`(nodes: [Route.Node]) async throws {
        let scene = try Scene()
        let failed = await code {
            try await scene.pool.prepareGateway(server: "main", route: try Route(nodes), owner: 1000)
        }
        #expect(failed == .unknownTarget)
        await scene.eventually { scene.server.openSessions == ["primary"] }
    }

    @Test func `a key that was not accepted, or may have been spent, is replaced once`() async throws {
        for fault in [
            ScriptedServer.Fault.reply(ServerReply(status: 401)),
            .lost(.init(.emptyReply, "", requestMayHaveLeft: true)),
        ] {
            let scene = try Scene()
            let count = Locked(0)
            scene.server.onRequest { arrival in
                guard arrival.method == "Session.StartSession" else { return nil }
                return count.withLock { count in
                    count += 1
                    // The second is the first by a key.
                    return count == 2 ? fault : nil
                }
            }
            let gateway = try await scene.pool.prepareGateway(
                server: "main",
                route: try Self.route(secondaries: 0),
                owner: 1000
            )
            #expect(try await scene.whereAmI(gateway).result == "h-primary")
            #expect(scene.server.methods.filter { $0.hasPrefix("GatewayConnection") }.count == 2)
        }
    }

    @Test func `a key that is never accepted is an error of its own`() async throws {
        let scene = try Scene()
        let count = Locked(0)
        scene.server.onRequest { arrival in
            guard arrival.method == "Session.StartSession" else { return nil }
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number > 1 ? .reply(ServerReply(status: 401)) : nil
        }
        let failed = await code {
            try await scene.pool.prepareGateway(server: "main", route: try Self.route(secondaries: 0), owner: 1000)
        }
        #expect(failed == .keyNotAccepted)
        #expect(count.withLock { $0 } == 3)
    }

    @Test(arguments: [
        [Route.Node.component(product: "K", version: "1", name: "c")], [.agent("a"), .agent("b")],
        [.agent("a"), .secondary(1)],
        [.secondaryInstance("i"), .agent("a")], [.agent("")], [.agent(String(repeating: "a", count: 1025))],
        [.agent("a"), .component(product: "", version: "1", name: "c")], (0..<21).map { .secondary($0) },
    ])
    func `nodes that cannot stand behind each other are no route`(nodes: [Route.Node]) {
        #expect(throws: SecurityCenterError.self) { try Route(nodes) }
    }
}
