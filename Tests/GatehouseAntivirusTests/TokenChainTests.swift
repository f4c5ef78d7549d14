// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct TokenChainTests {
    @Test func `a thousand waiters share one renewal, GICAR before SPE`() {
        var simulation = TokenSimulation()
        for _ in 0..<500 { simulation.acquire() }
        simulation.succeed(.token)
        for _ in 0..<500 { simulation.acquire() }
        simulation.succeed(.authentication)
        #expect(simulation.steps == [.token, .authentication])
        #expect(simulation.delivered.count == 1000)
        #expect(simulation.requests[0].gicar == nil)
        #expect(simulation.requests[1].gicar != nil)
        #expect(Set(simulation.delivered.values.map(\.speGeneration)) == [1])
    }

    @Test func `nothing is fetched before somebody asks`() {
        var simulation = TokenSimulation()
        simulation.pass(.seconds(100_000))
        #expect(simulation.steps.isEmpty)
        #expect(simulation.chain.nextWake(now: simulation.now) == nil)
    }

    @Test func `tokens that nobody used since their renewal lapse`() throws {
        var simulation = TokenSimulation()
        _ = try simulation.start()
        // Used once, so renewed once.
        simulation.pass(.seconds(271))
        #expect(simulation.steps == [.token, .authentication, .token])
        simulation.succeed(.token)
        #expect(simulation.chain.nextWake(now: simulation.now) != nil, "SPE's token was used and is still watched")
        simulation.pass(.seconds(3600))
        #expect(simulation.steps.count == 3)
        #expect(simulation.chain.snapshot(now: simulation.now)[0].state == .expired)
    }

    @Test func `renewal comes 30 to 40 seconds ahead for GICAR and 300 to 400 for SPE`() throws {
        for seed in 0..<50 as Range<UInt64> {
            var simulation = TokenSimulation()
            simulation.chain = TokenChain(seed: seed)
            let start = simulation.now
            _ = try simulation.start()
            let snapshots = simulation.chain.snapshot(now: simulation.now)
            let gicar = try #require(snapshots[0].renewAt) - start
            let spe = try #require(snapshots[1].renewAt) - start
            #expect(gicar >= .seconds(260) && gicar <= .seconds(270))
            #expect(spe >= .seconds(35_600) && spe <= .seconds(35_700))
        }
    }

    @Test func `a valid token is served while its renewal is slow and while it fails`() throws {
        var simulation = TokenSimulation()
        _ = try simulation.start()
        simulation.pass(.seconds(271))
        #expect(simulation.inFlight == .token)
        let during = simulation.acquire()
        #expect(simulation.delivered[during] != nil)
        simulation.fail(.token, .transient)
        let after = simulation.acquire()
        #expect(simulation.delivered[after] != nil)
        simulation.pass(.seconds(23.9))
        let late = simulation.acquire()
        #expect(simulation.delivered[late] != nil)
    }

    @Test func `in its last five seconds a token is not handed out`() throws {
        var simulation = TokenSimulation()
        _ = try simulation.start()
        simulation.now = simulation.now + .seconds(295)
        let waiter = simulation.acquire()
        #expect(simulation.delivered[waiter] == nil)
        #expect(simulation.inFlight == .token)
        simulation.succeed(.token)
        #expect(simulation.delivered[waiter]?.gicarGeneration == 2)
    }

    @Test func `SPE's token is refreshed first and authenticated anew when the refresh fails`() throws {
        var simulation = TokenSimulation()
        let grant = try simulation.start()
        simulation.reject(.spe, of: grant)
        let waiter = simulation.acquire()
        #expect(simulation.steps.suffix(1) == [.refresh])
        #expect(simulation.requests.last?.refresh != nil)
        simulation.fail(.refresh, .transient)
        #expect(simulation.steps.suffix(2) == [.refresh, .authentication])
        #expect(simulation.requests.last?.refresh == nil)
        simulation.succeed(.authentication)
        #expect(simulation.delivered[waiter]?.speGeneration == 2)
        #expect(simulation.delivered[waiter]?.gicarGeneration == 1)
    }

    @Test(arguments: TokenName.allCases)
    func `a rejection renews the rejected token once and not the other`(token: TokenName) throws {
        var simulation = TokenSimulation()
        let grant = try simulation.start()
        for _ in 0..<100 { simulation.reject(token, of: grant) }
        let waiter = simulation.acquire()
        simulation.succeed(token == .gicar ? .token : .refresh)
        #expect(simulation.steps == [.token, .authentication, token == .gicar ? .token : .refresh])
        let renewed = try #require(simulation.delivered[waiter])
        #expect(renewed.gicarGeneration == (token == .gicar ? 2 : 1))
        #expect(renewed.speGeneration == (token == .spe ? 2 : 1))
        // The old grant says nothing about the new token.
        simulation.reject(token, of: grant)
        #expect(simulation.steps.count == 3)
        #expect(simulation.delivered[simulation.acquire()] == renewed)
    }

    @Test func `a second rejection in a row waits, and one acceptance in between forgives the first`() throws {
        var simulation = TokenSimulation()
        simulation.reject(.gicar, of: try simulation.start())
        let second = simulation.acquire()
        simulation.succeed(.token)
        var patient = simulation
        let grant = try #require(simulation.delivered[second])
        simulation.reject(.gicar, of: grant)
        simulation.acquire()
        #expect(simulation.inFlight == nil, "a server that rejects every token is asked later")
        patient.chain.accepted(grant)
        patient.reject(.gicar, of: grant)
        patient.acquire()
        #expect(patient.inFlight == .token)
    }

    @Test func `a refresh whose tokens are not accepted gives way to a full authentication`() throws {
        var simulation = TokenSimulation()
        simulation.reject(.spe, of: try simulation.start())
        let second = simulation.acquire()
        simulation.succeed(.refresh)
        simulation.reject(.spe, of: try #require(simulation.delivered[second]))
        simulation.pass(.seconds(2))
        simulation.acquire()
        #expect(simulation.steps.last == .authentication)
    }

    @Test func `an outcome of a step that is not in flight changes nothing`() throws {
        var simulation = TokenSimulation()
        let waiter = simulation.acquire()
        simulation.succeed(.authentication)
        simulation.fail(.refresh, .wrongCredentials)
        #expect(simulation.steps == [.token])
        simulation.succeed(.token)
        simulation.succeed(.token)
        #expect(simulation.chain.gicar.generation == 1)
        simulation.succeed(.authentication)
        #expect(simulation.delivered[waiter] != nil)
    }

    @Test func `one who left is not answered, and the next profits from the renewal`() {
        var simulation = TokenSimulation()
        let first = simulation.acquire()
        simulation.abandon(first)
        simulation.succeed(.token)
        #expect(simulation.steps == [.token], "nobody needs SPE's token now")
        simulation.acquire()
        #expect(simulation.steps == [.token, .authentication])
    }

    @Test func `a token that had expired when it came is a failure that backs off`() {
        var simulation = TokenSimulation()
        let end = simulation.now + .seconds(600)
        while simulation.now < end {
            simulation.acquire()
            let late = simulation.issued(.token, lifetime: .seconds(1))
            simulation.pass(.seconds(1))
            if simulation.inFlight == .token { simulation.complete(.token, .success(late)) }
        }
        #expect(simulation.steps.count <= 30, "\(simulation.steps.count)")
        #expect(simulation.failed.values.contains { $0.code == .unintelligible })
    }
}
