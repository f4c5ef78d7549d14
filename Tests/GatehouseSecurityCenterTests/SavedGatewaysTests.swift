// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

/// Gateways that go on in another process.
@Suite struct SavedGatewaysTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    private static func table() -> GatewayTable {
        GatewayTable(limits: GatewayLimits(), pingIntervals: ["main": .seconds(60)], seed: 11)
    }

    /// A table with a gateway by session over `session`, one by connection, and a session without a gateway.
    private static func filled(id: Secret = Secret("session")) throws -> GatewayTable {
        var table = table()
        for (number, isConnection) in [false, true].enumerated() {
            let key = UpstreamKey(server: "main", route: Route(unchecked: [.agent("h\(number)")]), owner: 1000)
            let waiter = UpstreamWaiter(number: UInt64(number))
            let actions =
                isConnection
                ? table.acquireConnection(key, waiter) : table.acquire(key, keep: .zero, waiter, now: start)
            guard case .open(let upstream)? = actions.first else { throw SecurityCenterError(.unavailable, "") }
            let session: UpstreamSession =
                isConnection ? .connection(ScriptedConnection(ScriptedServer())) : .session(id)
            let opened = table.opened(upstream, on: "main", session, locations: [["n": 1]], now: start)
            guard case .deliver(_, let lease)? = opened.first else { throw SecurityCenterError(.unavailable, "") }
            let handle = GatewayHandle(isConnection ? "gw-connection" : "gw-session")
            try table.add(handle, over: lease, idleTimeout: .seconds(900), now: start)
            _ = table.release(lease, hasContact: true, now: start)
        }
        let primary = UpstreamKey(server: "main", route: .primary, owner: 1000)
        let actions = table.acquire(primary, keep: .seconds(150), UpstreamWaiter(number: 9), now: start)
        guard case .open(let upstream)? = actions.first else { throw SecurityCenterError(.unavailable, "") }
        let opened = table.opened(upstream, on: "main", .session(Secret("own")), locations: [], now: start)
        guard case .deliver(_, let lease)? = opened.first else { throw SecurityCenterError(.unavailable, "") }
        _ = table.release(lease, hasContact: true, now: start)
        return table
    }

    @Test func `a gateway by session has its session again, and one by connection is gone`() throws {
        var table = Self.table()
        let now = Self.start + .seconds(5)
        table.restore(try Self.filled().saved, isExact: true, now: now)
        #expect(table.list(owner: 1000).map(\.state) == [.open, .gone])
        let waiter = UpstreamWaiter(number: 1)
        let actions = table.acquire(GatewayHandle("gw-session"), owner: 1000, waiter, now: now)
        guard case .deliver(_, let lease)? = actions.first, case .session(let id) = lease.session else {
            Issue.record("no session")
            return
        }
        #expect(id.exposed() == "session")
        #expect(lease.generation == 1)
        #expect(lease.locations == [["n": 1]])
        let other = table.acquire(GatewayHandle("gw-connection"), owner: 1000, waiter, now: now)
        guard case .fail(_, let error)? = other.first else {
            Issue.record("not gone")
            return
        }
        #expect(error.code == .gatewayGone)
        // The account's own session is used again too.
        let primary = UpstreamKey(server: "main", route: .primary, owner: 1000)
        guard case .deliver? = table.acquire(primary, keep: .zero, waiter, now: now).first else {
            Issue.record("it would log in again")
            return
        }
    }

    @Test func `nobody else has it`() throws {
        var table = Self.table()
        table.restore(try Self.filled().saved, isExact: true, now: Self.start)
        let waiter = UpstreamWaiter(number: 1)
        let actions = table.acquire(GatewayHandle("gw-session"), owner: 1001, waiter, now: Self.start)
        guard case .fail(_, let error)? = actions.first else {
            Issue.record("somebody else has it")
            return
        }
        #expect(error.code == .unknownGateway)
        #expect(table.owned == [1000: 2])
    }

    @Test(arguments: [true, false])
    func `the idle time goes on, or begins anew where its beginning is not known`(isExact: Bool) throws {
        var table = Self.table()
        let now = Self.start + .seconds(1000)
        table.restore(try Self.filled().saved, isExact: isExact, now: now)
        #expect(table.wakeAt != nil)
        _ = table.timePassed(now: now)
        #expect(table.gateways.count == (isExact ? 0 : 2))
        #expect(table.gateways.count == table.owned[1000, default: 0])
    }

    @Test func `a session without a gateway ends when its time is over`() throws {
        var table = Self.table()
        let now = Self.start + .seconds(151)
        table.restore(try Self.filled().saved, isExact: true, now: now)
        let ended = table.timePassed(now: now).filter { if case .end = $0 { true } else { false } }
        #expect(ended.count == 1)
        #expect(table.upstreams.count == 2)
    }

    @Test func `what another process has is not ended on its server, anything else is`() throws {
        let id = Secret("session")
        var table = try Self.filled(id: id)
        var saved = table.saved
        saved.sessions.removeAll { $0.id?.exposed() == "own" }
        let ended = table.closeAll(leaving: saved).compactMap { action -> UpstreamSession? in
            if case .end(let session, _) = action { session } else { nil }
        }
        #expect(ended.count == 2)
        #expect(!ended.contains { if case .session(let other) = $0 { other === id } else { false } })
    }

    @Test func `a server that is not wanted is left out with its gateways`() throws {
        var saved = try Self.filled().saved
        #expect(saved.keep { $0 == "main" } == [])
        #expect(saved.gatewayCount == 2)
        #expect(saved.keep { _ in false } == ["main"])
        #expect(saved.isEmpty)
    }
}
