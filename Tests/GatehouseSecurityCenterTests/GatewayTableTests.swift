// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

/// What time does to gateways, with a clock that the test moves.
@Suite struct GatewayTableTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    /// A table whose sessions open at once, and what it asked for.
    private struct Desk {
        var table = GatewayTable(limits: GatewayLimits(), pingIntervals: ["main": .seconds(60)], seed: 11)
        var now = GatewayTableTests.start
        var nextWaiter: UInt64 = 1
        var leases: [UpstreamWaiter: UpstreamLease] = [:]
        var errors: [UpstreamWaiter: SecurityCenterError.Code] = [:]
        var ended = 0
        var pings: [UpstreamLease] = []
        var opened = 0

        mutating func waiter() -> UpstreamWaiter {
            defer { nextWaiter += 1 }
            return UpstreamWaiter(number: nextWaiter)
        }

        mutating func carryOut(_ actions: [GatewayTable.Action]) {
            for action in actions {
                switch action {
                case .open(let id):
                    opened += 1
                    carryOut(
                        table.opened(id, on: "main", .session(Secret("id\(opened)")), locations: [], now: now)
                    )
                case .end: ended += 1
                case .ping(let lease): pings.append(lease)
                case .deliver(let waiter, let lease): leases[waiter] = lease
                case .fail(let waiter, let error): errors[waiter] = error.code
                }
            }
        }

        mutating func key(_ number: Int, owner: UInt32 = 1000) -> UpstreamKey {
            UpstreamKey(server: "main", route: Route(unchecked: [.agent("h\(number)")]), owner: owner)
        }

        mutating func open(_ number: Int, idle: Duration = .seconds(900)) throws -> GatewayHandle {
            let waiter = waiter()
            carryOut(table.acquire(key(number), keep: .zero, waiter, now: now))
            let taken = leases.removeValue(forKey: waiter)
            let lease = try #require(taken)
            let handle = GatewayHandle("g\(number)-\(waiter.number)")
            try table.add(handle, over: lease, idleTimeout: idle, now: now)
            carryOut(table.release(lease, hasContact: true, now: now))
            return handle
        }

        mutating func call(_ handle: GatewayHandle) throws {
            let waiter = waiter()
            carryOut(table.acquire(handle, owner: 1000, waiter, now: now))
            let taken = leases.removeValue(forKey: waiter)
            let lease = try #require(taken)
            carryOut(table.release(lease, hasContact: true, now: now))
        }

        /// Lets time pass up to a moment, waking the table when it wants; each ping is answered at once.
        mutating func pass(_ time: Duration, answer: GatewayTable.PingResult? = .alive) -> Int {
            let end = now + time
            var wakes = 0
            while let wake = table.wakeAt, wake <= end {
                now = max(wake, now)
                wakes += 1
                carryOut(table.timePassed(now: now))
                if let answer {
                    for lease in pings { carryOut(table.pinged(lease, answer, now: now)) }
                    if answer == .alive { pinged += pings.count }
                    pings = []
                }
            }
            now = end
            return wakes
        }

        var pinged = 0
    }

    @Test func `who finds too many waiting for a gateway is told to come back`() throws {
        var desk = Desk()
        let handle = try desk.open(1)
        for _ in 0..<260 {
            let waiter = desk.waiter()
            desk.carryOut(desk.table.acquire(handle, owner: 1000, waiter, now: desk.now))
        }
        #expect(desk.leases.count == 4 && desk.errors.isEmpty)
        let waiter = desk.waiter()
        let actions = desk.table.acquire(handle, owner: 1000, waiter, now: desk.now)
        guard case .fail(_, let error)? = actions.first else {
            Issue.record("it waits")
            return
        }
        #expect(error.code == .unavailable && error.retryAfter == .seconds(1))
    }

    @Test func `an idle gateway is closed after its time, though it was pinged all along`() throws {
        var desk = Desk()
        _ = try desk.open(1, idle: .seconds(300))
        _ = desk.pass(.seconds(299))
        #expect(desk.table.gateways.count == 1)
        #expect(desk.pinged >= 4)
        _ = desk.pass(.seconds(2))
        #expect(desk.table.gateways.isEmpty)
        #expect(desk.ended == 1)
        #expect(desk.table.upstreams.isEmpty && desk.table.shared.isEmpty && desk.table.owned.isEmpty)
    }

    @Test func `a call puts the end off`() throws {
        var desk = Desk()
        let handle = try desk.open(1, idle: .seconds(300))
        _ = desk.pass(.seconds(200))
        try desk.call(handle)
        _ = desk.pass(.seconds(299))
        #expect(desk.table.gateways.count == 1)
        _ = desk.pass(.seconds(2))
        #expect(desk.table.gateways.isEmpty)
    }

    @Test func `a gateway in use is not idle, however long the call takes`() throws {
        var desk = Desk()
        let handle = try desk.open(1, idle: .seconds(10))
        let waiter = desk.waiter()
        desk.carryOut(desk.table.acquire(handle, owner: 1000, waiter, now: desk.now))
        let lease = try #require(desk.leases[waiter])
        _ = desk.pass(.seconds(500))
        #expect(desk.table.gateways.count == 1)
        desk.table.pin(lease)
        desk.carryOut(desk.table.release(lease, hasContact: true, now: desk.now))
        _ = desk.pass(.seconds(500))
        #expect(desk.table.gateways.count == 1)
        desk.carryOut(desk.table.unpin(lease, now: desk.now))
        desk.table.note(desk.now + .seconds(10))
        _ = desk.pass(.seconds(11))
        #expect(desk.table.gateways.isEmpty && desk.ended == 1)
    }

    @Test func `what is called often is never pinged`() throws {
        var desk = Desk()
        let handle = try desk.open(1)
        for _ in 0..<50 {
            _ = desk.pass(.seconds(40))
            try desk.call(handle)
        }
        #expect(desk.pinged == 0)
        #expect(desk.table.gateways.count == 1)
    }

    @Test func `a thousand gateways are pinged within a third of a session's life, and not all at once`() throws {
        var desk = Desk()
        for number in 0..<1000 { _ = try desk.open(number) }
        _ = desk.pass(.seconds(40))
        #expect(desk.pinged == 0)
        var most = 0
        for _ in 0..<25 {
            let before = desk.pinged
            _ = desk.pass(.seconds(1))
            most = max(most, desk.pinged - before)
        }
        #expect(desk.pinged == 1000)
        #expect(most < 120)
    }

    @Test func `looking at the time costs little`() throws {
        var desk = Desk()
        for number in 0..<1000 { _ = try desk.open(number) }
        #expect(desk.pass(.seconds(120)) <= 120 * 2 + 1)
    }

    @Test func `a ping that is refused loses the session, and the next call opens another`() throws {
        var desk = Desk()
        let handle = try desk.open(1)
        _ = desk.pass(.seconds(60), answer: .gone)
        #expect(desk.table.info(handle)?.state == .lost)
        #expect(desk.opened == 1)
        try desk.call(handle)
        #expect(desk.opened == 2)
        #expect(desk.table.info(handle)?.generation == 2)
        #expect(desk.ended == 0)
    }

    @Test func `a ping without an answer is repeated soon`() throws {
        var desk = Desk()
        let handle = try desk.open(1)
        _ = desk.pass(.seconds(60), answer: .failed)
        #expect(desk.table.info(handle)?.state == .open)
        _ = desk.pass(.seconds(11), answer: .alive)
        #expect(desk.pinged == 1)
    }

    @Test func `a session that no gateway holds is kept for a while and not pinged`() throws {
        var desk = Desk()
        let waiter = desk.waiter()
        desk.carryOut(desk.table.acquire(desk.key(1), keep: .seconds(150), waiter, now: desk.now))
        desk.carryOut(desk.table.release(try #require(desk.leases[waiter]), hasContact: true, now: desk.now))
        _ = desk.pass(.seconds(149))
        #expect(desk.table.upstreams.count == 1 && desk.pinged == 0)
        _ = desk.pass(.seconds(2))
        #expect(desk.table.upstreams.isEmpty && desk.ended == 1)
    }

    @Test func `a session that no gateway holds is kept no longer than it lasts on its server`() throws {
        var desk = Desk()
        desk.table.pingIntervals["main"] = .seconds(20)
        let waiter = desk.waiter()
        desk.carryOut(desk.table.acquire(desk.key(1), keep: .seconds(150), waiter, now: desk.now))
        desk.carryOut(desk.table.release(try #require(desk.leases[waiter]), hasContact: true, now: desk.now))
        _ = desk.pass(.seconds(49))
        #expect(desk.table.upstreams.count == 1)
        _ = desk.pass(.seconds(2))
        #expect(desk.table.upstreams.isEmpty && desk.ended == 1)
    }

    @Test func `sessions of calls at once are kept up to the limit, the last used ones, each user's by themselves`()
        throws
    {
        var desk = Desk()
        let most = desk.table.limits.pooledPerUser
        var held: [UpstreamLease] = []
        for number in 0..<most + 8 {
            let waiter = desk.waiter()
            desk.carryOut(desk.table.acquire(desk.key(number), keep: .seconds(150), waiter, now: desk.now))
            held.append(try #require(desk.leases[waiter]))
        }
        let other = desk.waiter()
        desk.carryOut(desk.table.acquire(desk.key(0, owner: 1001), keep: .seconds(150), other, now: desk.now))
        desk.carryOut(desk.table.release(try #require(desk.leases[other]), hasContact: true, now: desk.now))
        #expect(desk.ended == 0)
        for lease in held {
            desk.now = desk.now + .milliseconds(1)
            desk.carryOut(desk.table.release(lease, hasContact: true, now: desk.now))
        }
        #expect(desk.ended == 8 && desk.table.upstreams.count == most + 1)
        #expect(held.prefix(8).allSatisfy { desk.table.upstreams[$0.upstream] == nil })
    }

    @Test func `what goes on in a generation that is over fails with sessionLost`() throws {
        var desk = Desk()
        let handle = try desk.open(1)
        let first = desk.waiter()
        desk.carryOut(desk.table.acquire(handle, owner: 1000, generation: 1, first, now: desk.now))
        let lease = try #require(desk.leases[first])
        desk.carryOut(desk.table.lost(lease.upstream, generation: 1, now: desk.now))
        desk.carryOut(desk.table.release(lease, hasContact: false, now: desk.now))
        let second = desk.waiter()
        desk.carryOut(desk.table.acquire(handle, owner: 1000, generation: 1, second, now: desk.now))
        #expect(desk.errors[second] == .sessionLost)
        // Nothing was opened for it.
        #expect(desk.opened == 1)
        try desk.call(handle)
        #expect(desk.table.info(handle)?.generation == 2)
        // A late report of the old generation's loss changes nothing.
        desk.carryOut(desk.table.lost(lease.upstream, generation: 1, now: desk.now))
        #expect(desk.table.info(handle)?.state == .open)
    }

    @Test(arguments: 0..<30)
    func `whatever happens, counts agree and nothing that is unused stays`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var desk = Desk()
        var handles: [GatewayHandle] = []
        var held: [UpstreamLease] = []
        for _ in 0..<400 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1: handles.append(try desk.open(Int.random(in: 0..<6, using: &random), idle: .seconds(200)))
            case 2:
                guard let handle = handles.randomElement(using: &random) else { continue }
                desk.carryOut((try? desk.table.close(handle, owner: 1000, now: desk.now)) ?? [])
            case 3, 4:
                guard let handle = handles.randomElement(using: &random) else { continue }
                desk.carryOut(desk.table.acquire(handle, owner: 1000, desk.waiter(), now: desk.now))
            case 5:
                let key = desk.key(Int.random(in: 0..<6, using: &random))
                desk.carryOut(desk.table.acquire(key, keep: .seconds(100), desk.waiter(), now: desk.now))
            case 6:
                guard let lease = held.randomElement(using: &random) else { continue }
                desk.carryOut(desk.table.lost(lease.upstream, generation: lease.generation, now: desk.now))
            default: _ = desk.pass(.seconds(Int64.random(in: 0..<90, using: &random)))
            }
            held += desk.leases.values
            desk.leases = [:]
            while held.count > 5 {
                let lease = held.remove(at: Int.random(in: 0..<held.count, using: &random))
                desk.carryOut(desk.table.release(lease, hasContact: true, now: desk.now))
                held += desk.leases.values
                desk.leases = [:]
            }
            #expect(desk.table.gateways.values.allSatisfy { (0...4).contains($0.inFlight) })
            #expect(desk.table.upstreams.values.allSatisfy { $0.leases >= 0 })
            #expect(desk.table.owned[1000, default: 0] == desk.table.gateways.count)
        }
        for lease in held { desk.carryOut(desk.table.release(lease, hasContact: true, now: desk.now)) }
        for lease in desk.leases.values { desk.carryOut(desk.table.release(lease, hasContact: true, now: desk.now)) }
        desk.leases = [:]
        _ = desk.pass(.seconds(2000))
        #expect(desk.table.gateways.isEmpty && desk.table.upstreams.isEmpty && desk.table.shared.isEmpty)
        #expect(desk.table.owned.isEmpty && desk.table.wakeAt == nil)
    }
}
