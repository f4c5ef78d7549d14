// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

@Suite(.timeLimit(.minutes(2))) struct LifetimeTests {
    private func open(_ scene: Scene, owner: UInt32 = 1000, binding: GatewayBinding = .session) async throws
        -> GatewayInfo
    {
        try await scene.pool.prepareGateway(
            server: "main",
            route: try RouteTests.route(secondaries: 0),
            binding: binding,
            owner: owner
        )
    }

    @Test func `a handle is a prefix and 22 characters of base64url, and none comes twice`() {
        let handles = (0..<1000).map { _ in GatewayHandle.random().text }
        #expect(Set(handles).count == 1000)
        #expect(
            handles.allSatisfy { handle in
                handle.utf8.count == 25 && handle.hasPrefix("gw-")
                    && handle.utf8.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                            || byte == 0x2D || byte == 0x5F
                    }
            }
        )
    }

    @Test func `another user's gateway is an unknown one`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        let pool = scene.pool
        #expect(await code { try await pool.gateway(gateway.handle, owner: 1001) } == .unknownGateway)
        #expect(await code { try await pool.closeGateway(gateway.handle, owner: 1001) } == .unknownGateway)
        #expect(await code { try await pool.call(gateway.handle, Scene.whereCall(), owner: 1001) } == .unknownGateway)
        #expect(await pool.gateways(owner: 1001).isEmpty)
        #expect(await pool.gateways(owner: nil).count == 1)
        #expect(await code { try await open(scene, owner: 65534) } == .noOwner)
    }

    @Test func `closing a gateway ends its session on the server once nobody holds it`() async throws {
        let scene = try Scene()
        let first = try await open(scene)
        let second = try await open(scene)
        #expect(scene.server.openSessions == ["h-primary", "primary"])
        try await scene.pool.closeGateway(first.handle, owner: 1000)
        #expect(try await scene.whereAmI(second).result == "h-primary")
        try await scene.pool.closeGateway(second.handle, owner: nil)
        await scene.eventually { scene.server.state.withLock { $0.ended } == ["h-primary"] }
        #expect(await code { try await scene.pool.closeGateway(second.handle, owner: 1000) } == .unknownGateway)
    }

    @Test func `a gateway that is closed under a call lets it end first`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        let gate = Gate()
        scene.server.onRequest { $0.method == "Where.Am" ? .held(gate) : nil }
        async let call = scene.whereAmI(gateway)
        await scene.eventually { gate.count == 1 }
        try await scene.pool.closeGateway(gateway.handle, owner: 1000)
        #expect(scene.server.state.withLock { $0.ended }.isEmpty)
        gate.open()
        #expect(try await call.result == "h-primary")
        await scene.eventually { scene.server.state.withLock { $0.ended } == ["h-primary"] }
    }

    @Test(arguments: GatewayBinding.allCases)
    func `whoever waits for a gateway that is closed hears that, and a call on its connection was not cancelled`(
        binding: GatewayBinding
    ) async throws {
        let scene = try Scene()
        let gateway = try await open(scene, binding: binding)
        let gate = Gate()
        scene.server.onRequest { $0.method == "Where.Am" ? .held(gate) : nil }
        let atOnce = binding == .connection ? 1 : GatewayLimits().callsPerGateway
        let calls = (0..<atOnce).map { _ in Task { await self.failure { try await scene.whereAmI(gateway) } } }
        await scene.eventually { gate.count == atOnce }
        let waiting = Task { await self.failure { try await scene.whereAmI(gateway) } }
        await scene.eventually { await scene.pool.table.gateways[gateway.handle]?.queue.count == 1 }
        try await scene.pool.closeGateway(gateway.handle, owner: 1000)
        let queued = await waiting.value
        #expect(queued?.code == .gatewayGone && queued?.requestMayHaveLeft == false)
        gate.open()
        for call in calls {
            let failure = await call.value
            #expect(failure?.code == (binding == .connection ? .gatewayGone : nil))
            #expect(failure?.requestMayHaveLeft == (binding == .connection ? true : nil))
        }
    }

    private func failure(_ body: () async throws -> CallReply) async -> SecurityCenterError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? SecurityCenterError
        }
    }

    @Test func `a session that nobody waits for any more is ended as soon as it is open`() async throws {
        let scene = try Scene()
        let gate = Gate()
        scene.server.onRequest { $0.method == "GatewayConnection.PrepareGatewayConnection" ? .held(gate) : nil }
        let task = Task { await code { try await self.open(scene) } }
        await scene.eventually { gate.count == 1 }
        task.cancel()
        #expect(await task.value == .cancelled)
        gate.open()
        await scene.eventually { scene.server.state.withLock { $0.ended } == ["h-primary"] }
        #expect(await scene.pool.gatewayCount == 0)
    }

    @Test func `there are limits for a user and for all`() async throws {
        var limits = GatewayLimits()
        limits.perUser = 2
        limits.total = 3
        let scene = try Scene(limits: limits)
        let first = try await open(scene)
        _ = try await open(scene)
        #expect(await code { try await open(scene) } == .limitExceeded)
        _ = try await open(scene, owner: 1001)
        #expect(await code { try await open(scene, owner: 1002) } == .limitExceeded)
        try await scene.pool.closeGateway(first.handle, owner: 1000)
        _ = try await open(scene, owner: 1002)
    }

    @Test func `calls in one-call form keep a bounded number of sessions`() async throws {
        var limits = GatewayLimits()
        limits.pooledPerUser = 3
        let scene = try Scene(limits: limits)
        scene.server.state.withLock { $0.depth = 8 }
        for depth in 0..<8 { _ = try await scene.whereAmI(try RouteTests.route(secondaries: depth, agent: depth == 0)) }
        await scene.eventually { scene.server.openSessions.count <= 3 }
    }

    @Test func `whoever observes sees each gateway open, lost, prepared anew and closed`() async throws {
        let scene = try Scene()
        let seen = Locked<[GatewayChange]>([])
        let number = await scene.pool.observe { change in seen.withLock { $0.append(change) } }
        let gateway = try await open(scene)
        scene.server.expire("h-primary")
        _ = try await scene.whereAmI(gateway)
        try await scene.pool.closeGateway(gateway.handle, owner: 1000)
        await scene.pool.stopObserving(number)
        _ = try await open(scene)
        let changes = seen.withLock { $0 }
        #expect(changes.map(\.sequence) == Array(1...UInt64(changes.count)))
        #expect(changes.map { $0.gateway?.state } == [.open, .lost, .preparing, .open, nil])
        #expect(changes.allSatisfy { $0.handle == gateway.handle && $0.owner == 1000 })
        #expect(changes.map { $0.gateway?.generation } == [1, 1, 1, 2, nil])
    }

    @Test func `what is held upstream can be looked at`() async throws {
        let scene = try Scene()
        _ = try await open(scene, binding: .connection)
        let sessions = await scene.pool.sessions()
        #expect(sessions.map { $0.binding } == [.connection, .session])
        #expect(sessions.map { $0.route.isPrimary } == [false, true])
        #expect(sessions.allSatisfy { $0.state == .open && $0.owner == 1000 && $0.openedAt != nil })
    }

    @Test func `an account's failures can be looked at until it logs in`() async throws {
        let scene = try Scene()
        scene.server.onRequest { _ in .failed(TransferError(.cannotConnect, "")) }
        for _ in 0..<2 { #expect(await code { try await scene.whereAmI() } == .unreachable) }
        var login = await scene.pool.logins()
        #expect(login.first?.consecutiveFailures == 2 && login.first?.lastFailure?.code == .unreachable)
        scene.server.onRequest { _ in nil }
        _ = try await scene.whereAmI()
        login = await scene.pool.logins()
        #expect(login.first?.consecutiveFailures == 0 && login.first?.openSessions == 1)
    }

    @Test func `a configuration that is read again changes accounts, and closes what is gone from it`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        let account = SecurityCenterAccount.password(PasswordAccount(user: "b", password: Secret("other")))
        let profile = SecurityCenterProfile(name: "main", url: "https://other:13299", account: account)
        await scene.pool.configure([profile])
        #expect(try await scene.whereAmI(gateway).result == "h-primary")
        await scene.pool.configure([])
        await scene.eventually { scene.server.state.withLock { $0.ended } == ["h-primary"] }
        #expect(await code { try await scene.whereAmI(gateway) } == .unknownGateway)
        #expect(await code { try await open(scene) } == .unknownServer)
        #expect(await scene.pool.logins().isEmpty)
    }

    @Test func `what is open at a server that is replaced is ended, and opened anew as the new account`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        let byConnection = try await open(scene, binding: .connection)
        let account = SecurityCenterAccount.password(PasswordAccount(user: "b", password: Secret("other")))
        let profile = SecurityCenterProfile(name: "main", url: "https://other:13299", account: account)
        await scene.pool.configure([profile], replaced: ["main"])
        #expect(await scene.pool.gatewayCount == 0)
        #expect(await scene.pool.sessions().isEmpty)
        for gateway in [gateway, byConnection] {
            #expect(await code { try await scene.whereAmI(gateway) } == .unknownGateway)
        }
        await scene.eventually { scene.server.openSessions.isEmpty }
        #expect(scene.server.state.withLock { Set($0.ended) } == ["primary", "h-primary", "connection to h-primary"])
    }

    @Test func `a thousand gateways are closed within five seconds, and none is left on the server`() async throws {
        let scene = try Scene()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    // A session of its own for each, since each has another user.
                    _ = try? await self.open(
                        scene,
                        owner: UInt32(number + 1),
                        binding: number % 100 == 0 ? .connection : .session
                    )
                }
            }
        }
        #expect(await scene.pool.gatewayCount == 1000)
        let began = ContinuousClock.now
        await scene.pool.shutDown()
        #expect(ContinuousClock.now - began < .seconds(5))
        #expect(scene.server.openSessions.isEmpty)
        #expect(scene.server.state.withLock { $0.ended.filter { $0 == "connection to h-primary" }.count } == 10)
        #expect(await code { try await open(scene) } == .unavailable)
        #expect(await code { try await scene.whereAmI() } == .unavailable)
    }

    @Test func `what is being opened at the end is ended too`() async throws {
        let scene = try Scene()
        let gate = Gate()
        // The second session is the one by a key.
        let started = Locked(0)
        scene.server.onRequest { arrival in
            guard arrival.method == "Session.StartSession" else { return nil }
            let number = started.withLock { started in
                started += 1
                return started
            }
            return number == 2 ? .held(gate) : nil
        }
        let opening = Task { await code { try await self.open(scene) } }
        await scene.eventually { gate.count == 1 }
        async let shutDown: Void = scene.pool.shutDown()
        #expect(await opening.value == .unavailable)
        gate.open()
        await shutDown
        #expect(scene.server.openSessions.isEmpty)
    }

    @Test func `a server that does not answer does not hold up the end`() async throws {
        var limits = GatewayLimits()
        limits.endingTime = .milliseconds(100)
        let scene = try Scene(limits: limits)
        _ = try await open(scene)
        let gate = Gate()
        scene.server.onRequest { $0.method == "Session.EndSession" ? .held(gate) : nil }
        await scene.pool.shutDown()
        #expect(gate.count > 0, "nobody was waited for")
        gate.open()
    }
}
