// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

/// Calls through gateways that own their connection.
@Suite(.timeLimit(.minutes(2))) struct ConnectionCallTests {
    private func open(_ scene: Scene) async throws -> GatewayInfo {
        try await scene.pool.prepareGateway(
            server: "main",
            route: try RouteTests.route(secondaries: 0),
            binding: .connection,
            owner: 1000
        )
    }

    @Test func `a gateway by connection is used over its own connection, one call after the other`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        let gate = Gate()
        scene.server.onRequest { $0.method == "Where.Am" ? .held(gate) : nil }
        let calls = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    _ = try? await scene.whereAmI(gateway)
                    calls.withLock { $0 += 1 }
                }
            }
            await scene.eventually { gate.count == 1 }
            #expect(gate.count == 1)
            gate.open()
        }
        #expect(calls.withLock { $0 } == 5)
        #expect(scene.server.arrivals.filter { $0.method == "Where.Am" }.allSatisfy { $0.isOwnConnection })
        #expect(scene.server.openSessions == ["primary"])
    }

    @Test func `it is gone with its connection, and is not prepared again`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.onRequest { $0.method == "Where.Am" ? .lost(CallTests.lost) : nil }
        #expect(await code { try await scene.whereAmI(gateway) } == .outcomeUnknown)
        scene.server.onRequest { _ in nil }
        #expect(await code { try await scene.whereAmI(gateway) } == .gatewayGone)
        #expect(try await scene.pool.gateway(gateway.handle, owner: 1000).state == .gone)
        try await scene.pool.closeGateway(gateway.handle, owner: 1000)
        #expect(await code { try await scene.whereAmI(gateway) } == .unknownGateway)
    }

    @Test func `a call that may be repeated hears that the connection is gone, over which alone it could be`()
        async throws
    {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.onRequest { $0.method == "Where.Am" ? .lost(CallTests.lost) : nil }
        #expect(await code { try await scene.whereAmI(gateway, isIdempotent: true) } == .gatewayGone)
        #expect(scene.server.methods.filter { $0 == "Where.Am" }.count == 1)
    }

    @Test func `two gateways by connection share nothing`() async throws {
        let scene = try Scene()
        let first = try await open(scene)
        let second = try await open(scene)
        try await scene.pool.closeGateway(first.handle, owner: 1000)
        #expect(try await scene.whereAmI(second).result == "h-primary")
    }
}
