// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseDaemon

@Suite struct IdleExitTests {
    private typealias Activity = IdleExit.Activity
    private let fresh = IdleExit(after: .seconds(10))

    private func at(_ seconds: Double) -> Instant {
        Instant(nanoseconds: 0) + .seconds(seconds)
    }

    @Test func `a daemon that nobody calls looks at its backlog after the limit and ends`() {
        var machine = fresh
        #expect(machine.observe(Activity(), now: at(0)) == .look(at: at(10)))
        #expect(machine.observe(Activity(), now: at(9.999)) == .look(at: at(10)))
        #expect(machine.observe(Activity(), now: at(10)) == .lookAtBacklog)
        #expect(machine.looked(foundSomebody: false) == true)
    }

    @Test func `somebody in the backlog is served, and the time begins anew after that`() {
        var machine = fresh
        _ = machine.observe(Activity(), now: at(0))
        #expect(machine.observe(Activity(), now: at(10)) == .lookAtBacklog)
        #expect(machine.looked(foundSomebody: true) == false)
        #expect(machine.observe(Activity(connections: 1), now: at(10)) == .wait)
        #expect(machine.observe(Activity(), now: at(11)) == .look(at: at(21)))
    }

    @Test func `a connection that came and went between two looks begins the time anew`() {
        var machine = fresh
        _ = machine.observe(Activity(), now: at(0))
        machine.interrupted()
        #expect(machine.observe(Activity(), now: at(9)) == .look(at: at(19)))
        #expect(machine.observe(Activity(), now: at(10)) == .look(at: at(19)))
    }

    @Test(arguments: [
        (IdleExit.Activity(connections: 1), true), (IdleExit.Activity(requests: 1), true),
        (IdleExit.Activity(renewals: 1), false), (IdleExit.Activity(gateways: 1), false),
    ])
    func `whatever goes on keeps the daemon`(_ activity: IdleExit.Activity, _ tellsItsEnd: Bool) {
        var machine = fresh
        _ = machine.observe(IdleExit.Activity(), now: at(0))
        // What does not tell when it ends is looked at again.
        #expect(machine.observe(activity, now: at(10)) == (tellsItsEnd ? .wait : .look(at: at(15))))
        #expect(machine.observe(IdleExit.Activity(), now: at(15)) == .look(at: at(25)))
        #expect(machine.observe(IdleExit.Activity(), now: at(25)) == .lookAtBacklog)
    }

    @Test func `a daemon that is held is looked at again, and ends as soon as it is not held`() {
        var machine = fresh
        _ = machine.observe(Activity(), now: at(0))
        // Nobody asks before it would end.
        #expect(
            machine.observe(
                Activity(),
                now: at(9),
                isHeld: {
                    Issue.record("asked"); return true
                }
            ) == .look(at: at(10))
        )
        #expect(machine.observe(Activity(), now: at(10), isHeld: { true }) == .look(at: at(15)))
        #expect(machine.observe(Activity(), now: at(15), isHeld: { true }) == .look(at: at(20)))
        #expect(machine.observe(Activity(), now: at(20), isHeld: { false }) == .lookAtBacklog)
    }

    @Test func `whoever comes to a daemon that is held begins the time anew`() {
        var machine = fresh
        _ = machine.observe(Activity(), now: at(0))
        #expect(machine.observe(Activity(), now: at(10), isHeld: { true }) == .look(at: at(15)))
        #expect(machine.observe(Activity(connections: 1), now: at(12), isHeld: { true }) == .wait)
        #expect(machine.observe(Activity(), now: at(15), isHeld: { false }) == .look(at: at(25)))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `it never ends before everything has been quiet for the limit, and then at the next look`(_ seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var machine = fresh
        var activity = IdleExit.Activity()
        var now = 0.0
        var quietSince = 0.0
        _ = machine.observe(activity, now: at(now))
        for _ in 0..<2000 {
            now += Double(random(6000)) / 1000
            switch random(8) {
            case 0: activity.connections = Int(random(2))
            case 1: activity.gateways = Int(random(2))
            case 2: activity.renewals = Int(random(2))
            case 3:
                machine.interrupted()
                quietSince = now
            default: break
            }
            let step = machine.observe(activity, now: at(now))
            if !activity.isIdle { quietSince = .infinity } else if quietSince == .infinity { quietSince = now }
            #expect((step == .lookAtBacklog) == (activity.isIdle && now - quietSince >= 10 - 1e-6))
            if case .look(let instant) = step { #expect(instant > at(now)) }
        }
    }
}
