// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import Foundation
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseWire
import Testing

/// The whole module over libcurl against the lab's Security Centers, which share no code with it.
@Suite(.enabled(if: LabScene.isAvailable), .timeLimit(.minutes(3)), .serialized) struct LabTests {
    private static let info = "NagHstCtl.GetHostRuntimeInfo"

    private func filter() -> JSONObject {
        var arguments = JSONObject()
        arguments["pFilter"] = ["KLHST_APP_INFO": ["type": "params", "value": .object(JSONObject())]]
        return arguments
    }

    @Test(arguments: ["api", "operator", "auditor", "web"])
    func `every kind of account logs in`(account: String) async throws {
        let scene = try LabScene(account: account)
        let hosts = try await scene.pool.findHosts(server: "main", try HostSearch(name: "MAIN-WS-1"), owner: 1000)
        #expect(hosts.hosts.count == 1)
        #expect(hosts.hosts.first?["KLHST_WKS_HOSTNAME"]?.string == (try scene.host("MAIN-WS-1")))
        await scene.pool.shutDown()
    }

    @Test(arguments: GatewayBinding.allCases)
    func `routes of depth 1, 2 and 3 take 3, 7 and 11 requests and lead to their hosts`(binding: GatewayBinding)
        async throws
    {
        for (host, way) in [("MAIN-WS-1", [Int64]()), ("NORTH-WS-1", [1]), ("HARBOUR-WS-1", [1, 1])] {
            let scene = try LabScene()
            try scene.control("POST", "/ksc?locations=sameOrder")
            let gateway = try await scene.open(try scene.route(host, behind: way), binding: binding)
            let reply = try await scene.call(gateway, Self.info, filter())
            #expect(reply.result.object != nil && reply.generation == 1)
            await scene.pool.shutDown()
            // Beside these: the account's login, the call, and the ends of two sessions, or of one.
            let ends = binding == .session ? 2 : 1
            #expect(try scene.operations().count == 4 * (way.count + 1) - 1 + 2 + ends)
            try expectNothingOpen(scene)
        }
    }

    private func expectNothingOpen(_ scene: LabScene) throws {
        var open = try scene.control("GET", "/ksc")
        for _ in 0..<100 where open["sessions"]?.integer != 0 || open["connectionLogins"]?.integer != 0 {
            open = try scene.control("GET", "/ksc")
        }
        #expect(open["sessions"]?.integer == 0 && open["gateways"]?.integer == 0)
        #expect(open["connectionLogins"]?.integer == 0)
    }

    @Test func `components and instance ids lead where they should`() async throws {
        let scene = try LabScene()
        let component = try await scene.open(
            try Route([
                .agent(try scene.host("MAIN-WS-1")),
                .component(product: "KES", version: "11.0.0.0", name: "FileThreatProtection"),
            ])
        )
        #expect(try await scene.call(component, "LabComponent.GetInfo").result.object != nil)
        let child = try await scene.open(try Route([.secondaryInstance(try scene.instance("north"))]))
        #expect(try await scene.call(child, "HostGroup.GroupIdGroups").result.integer != nil)
        let further = try await scene.open(
            try Route([.secondary(1), .secondaryInstance(try scene.instance("harbour"))])
        )
        #expect(try await scene.call(further, "HostGroup.GroupIdGroups").result.integer != nil)
        await scene.pool.shutDown()
    }

    @Test func `sessions and connections that the server ends are told apart`() async throws {
        let scene = try LabScene()
        let route = try scene.route("MAIN-WS-1")
        let session = try await scene.open(route)
        let connection = try await scene.open(route, binding: .connection)
        #expect(try await scene.call(session, Self.info, filter()).generation == 1)
        #expect(try await scene.call(connection, Self.info, filter()).generation == 1)
        try scene.control("POST", "/revoke?token=session")
        #expect(try await scene.call(session, Self.info, filter()).generation == 2)
        #expect(try await scene.call(connection, Self.info, filter()).generation == 1)
        try scene.control("POST", "/revoke?token=login")
        #expect(await code { try await scene.call(connection, Self.info, filter()) } == .gatewayGone)
        #expect(await code { try await scene.call(connection, Self.info, filter()) } == .gatewayGone)
        await scene.pool.shutDown()
    }

    @Test(arguments: GatewayBinding.allCases)
    func `a kept connection that the server has closed is replaced before anything is sent`(
        binding: GatewayBinding
    ) async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"), binding: binding)
        try scene.fault("\(Self.info):closeAfter,times=5")
        for number in 1...5 {
            let failed = await code { try await scene.call(gateway, Self.info, filter()) }
            #expect(failed == (binding == .connection && number > 1 ? .gatewayGone : nil))
            // The end of the connection is on its way.
            try scene.control("GET", "/counts")
        }
        #expect(try scene.operations().filter { $0 == Self.info }.count == (binding == .session ? 5 : 1))
        await scene.pool.shutDown()
    }

    @Test(arguments: ["reset", "halfBody"], GatewayBinding.allCases)
    func `a connection that dies after the request was read costs one call and no second`(
        kind: String,
        binding: GatewayBinding
    ) async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"), binding: binding)
        _ = try await scene.call(gateway, Self.info, filter())
        try scene.fault("\(Self.info):\(kind),times=1")
        let failed = await code { try await scene.call(gateway, Self.info, filter()) }
        #expect(failed == .outcomeUnknown)
        #expect(try scene.operations().filter { $0 == Self.info }.count == 2)
        let after = await code { try await scene.call(gateway, Self.info, filter()) }
        #expect(after == (binding == .connection ? .gatewayGone : nil))
        await scene.pool.shutDown()
        try expectNothingOpen(scene)
    }

    @Test(arguments: [
        ("hugeBody", SecurityCenterError.Code.replyTooLarge), ("wrongJson", .unintelligible), ("html", .unintelligible),
        ("emptyBody", .unintelligible), ("status=500", .failed), ("status=403", .noPermission),
        ("error=1193", .upstreamError),
        ("redirect", .refused),
    ])
    func `what a server can do wrong is an error of its kind`(kind: String, expected: SecurityCenterError.Code)
        async throws
    {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"))
        try scene.fault("\(Self.info):\(kind),times=1")
        #expect(await code { try await scene.call(gateway, Self.info, filter()) } == expected)
        #expect(try await scene.call(gateway, Self.info, filter()).result.object != nil)
        await scene.pool.shutDown()
    }

    @Test func `hosts, servers and agents that are not there are told apart`() async throws {
        let scene = try LabScene()
        #expect(await code { try await scene.open(try Route([.agent("nobody")])) } == .unknownTarget)
        #expect(await code { try await scene.open(try Route([.secondary(77)])) } == .unknownTarget)
        let off = await code { try await scene.open(try scene.route("MAIN-OFF")) }
        #expect(off == .targetUnreachable)
        let closed = await code { try await scene.open(try Route([.secondary(3)])) }
        #expect(closed == .targetUnreachable)
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"))
        #expect(await code { try await scene.call(gateway, "HostGroup.GroupIdGroups") } == .upstreamError)
        let silent = try await scene.open(try scene.route("MAIN-SILENT"))
        let call = MethodCall(try MethodName(caller: Self.info), filter(), within: .milliseconds(300))
        #expect(await code { try await scene.pool.call(silent.handle, call, owner: 1000) } == .outcomeUnknown)
        await scene.pool.shutDown()
    }

    @Test func `a server whose certificate changed is not spoken to`() async throws {
        let scene = try LabScene()
        let route = try scene.route("MAIN-WS-1")
        _ = try await scene.open(route)
        try scene.control("POST", "/ksc?certificate=other")
        // A gateway by connection makes a new one.
        #expect(await code { try await scene.open(route, binding: .connection) } == .notTrusted)
        try scene.control("POST", "/ksc?certificate=first")
        _ = try await scene.open(route, binding: .connection)
        await scene.pool.shutDown()
        try expectNothingOpen(scene)
    }

    @Test func `what a location leads to may vanish, or go down`() async throws {
        let scene = try LabScene()
        let route = try scene.route("HARBOUR-WS-1", behind: [1, 1])
        let gateway = try await scene.open(route)
        try scene.control("POST", "/ksc?server=north&state=down")
        #expect(await code { try await scene.call(gateway, Self.info, filter()) } == .targetUnreachable)
        try scene.control("POST", "/ksc?server=north&state=up")
        #expect(try await scene.call(gateway, Self.info, filter()).generation == 2)
        await scene.pool.shutDown()
        try expectNothingOpen(scene)
    }

    @Test(arguments: GatewayBinding.allCases)
    func `a gateway that is held outlives a session's time by pings`(binding: GatewayBinding) async throws {
        let scene = try LabScene(sessionLifetime: .seconds(3))
        try scene.control("POST", "/ksc?sessionLifetime=3")
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"), binding: binding)
        var pings = 0
        let end = ContinuousClock.now + .seconds(60)
        while pings < 6, ContinuousClock.now < end {
            pings = try scene.operations().filter { $0 == "Session.Ping" }.count
        }
        #expect(pings >= 6)
        #expect(try await scene.call(gateway, Self.info, filter()).generation == 1)
        await scene.pool.shutDown()
    }

    @Test func `a thousand gateways of a thousand users are ended on the server within five seconds`() async throws {
        let scene = try LabScene()
        let route = try scene.route("MAIN-WS-1")
        await withTaskGroup(of: Void.self) { group in
            for owner in 1...1000 { group.addTask { _ = try? await scene.open(route, owner: UInt32(owner)) } }
        }
        #expect(await scene.pool.gatewayCount == 1000)
        #expect(try scene.control("GET", "/ksc")["gateways"]?.integer == 1000)
        let began = ContinuousClock.now
        await scene.pool.shutDown()
        #expect(ContinuousClock.now - began < .seconds(5))
        try expectNothingOpen(scene)
    }

    @Test func `an action is followed to its end`() async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("HARBOUR-WS-1", behind: [1, 1]))
        var arguments = JSONObject()
        arguments["szwProduct"] = "KES"
        arguments["szwVersion"] = "11.0.0.0"
        arguments["szwCallName"] = "Echo"
        arguments["pInData"] = ["n": ["type": "long", "value": .number(JSONNumber(Int64.max))]]
        let call = MethodCall(try MethodName(caller: "NagGuiCalls.CallConnectorAsync"), arguments)
        let reply = try await scene.pool.call(gateway.handle, call, owner: 1000) { _ in }
        #expect(reply.action?.stateData == arguments["pInData"])
        arguments["szwCallName"] = "Fail"
        let failing = MethodCall(call.method, arguments)
        #expect(
            await code { try await scene.pool.call(gateway.handle, failing, owner: 1000) { _ in } } == .actionFailed
        )
        await scene.pool.shutDown()
        try expectNothingOpen(scene)
    }

    @Test func `long lists and secondaries are read`() async throws {
        let scene = try LabScene()
        let search = HostSearch(filter: "(KLHST_WKS_DN=\"*\")", limit: 10_000)
        let main = try await scene.pool.findHosts(server: "main", search, owner: 1000)
        #expect(main.hosts.count > 250 && main.hosts.count == main.total)
        let north = try await scene.pool.findHosts(
            server: "main",
            route: try Route([.secondary(1)]),
            search,
            owner: 1000
        )
        #expect(north.hosts.count == 2)
        #expect(try await scene.pool.listSecondaries(server: "main", owner: 1000).count == 3)
        await scene.pool.shutDown()
        try expectNothingOpen(scene)
    }
}
