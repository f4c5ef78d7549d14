// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

/// Tokens that an administrator wants anew, or forgotten.
struct TokenRefreshTests {
    @Test func `a refresh obtains both tokens from the start, and good ones are served meanwhile`() throws {
        var simulation = TokenSimulation()
        let before = try simulation.start()
        let refresh = simulation.refresh()
        #expect(simulation.inFlight == .token)
        let during = simulation.acquire()
        #expect(simulation.delivered[during] == before)
        simulation.succeed(.token)
        #expect(simulation.inFlight == .authentication)
        #expect(simulation.refreshed.isEmpty)
        simulation.succeed(.authentication)
        #expect(simulation.refreshed == [refresh])
        let after = simulation.acquire()
        #expect(simulation.delivered[after]?.gicarGeneration == 2 && simulation.delivered[after]?.speGeneration == 2)
        #expect(simulation.steps == [.token, .authentication, .token, .authentication])
    }

    @Test func `it works where nobody had asked for tokens, and those lapse`() {
        var simulation = TokenSimulation()
        let refresh = simulation.refresh()
        simulation.succeed(.token)
        simulation.succeed(.authentication)
        #expect(simulation.refreshed == [refresh])
        simulation.pass(.seconds(100_000))
        #expect(simulation.steps == [.token, .authentication])
    }

    @Test(arguments: [TokenChain.Step.token, .authentication])
    func `wrong credentials stop no refresh, and one that fails ends too`(step: TokenChain.Step) {
        var simulation = TokenSimulation()
        simulation.acquire()
        if step == .authentication { simulation.succeed(.token) }
        simulation.fail(step, .wrongCredentials)
        simulation.pass(.seconds(10))
        let requests = simulation.requests.count
        let first = simulation.refresh()
        #expect(simulation.inFlight == .token)
        if step == .authentication { simulation.succeed(.token) }
        simulation.fail(step, .wrongCredentials)
        #expect(simulation.refreshed == [first])
        #expect(simulation.requests.count == requests + (step == .token ? 1 : 2))
        let states = simulation.chain.snapshot(now: simulation.now).map(\.state)
        #expect(states == (step == .token ? [.refused, .none] : [.valid, .refused]))
        let second = simulation.refresh()
        simulation.succeed(.token)
        simulation.succeed(.authentication)
        #expect(simulation.refreshed == [first, second])
        #expect(simulation.chain.snapshot(now: simulation.now).map(\.state) == [.valid, .valid])
    }

    @Test func `a refresh that fails keeps tokens that are good, and is not repeated at once`() throws {
        var simulation = TokenSimulation()
        _ = try simulation.start()
        let refresh = simulation.refresh()
        simulation.fail(.token, .transient)
        // SPE's token can be had by GICAR's old one.
        simulation.fail(.authentication, .transient)
        #expect(simulation.refreshed == [refresh])
        #expect(simulation.chain.snapshot(now: simulation.now).map(\.state) == [.valid, .valid])
        #expect(simulation.chain.snapshot(now: simulation.now).map(\.consecutiveFailures) == [1, 1])
        let requests = simulation.requests.count
        simulation.pass(.seconds(60))
        #expect(simulation.requests.count == requests)
    }

    @Test func `several refreshes share one attempt, and one that leaves is not told`() {
        var simulation = TokenSimulation()
        let first = simulation.refresh()
        let second = simulation.refresh()
        simulation.abandon(second)
        simulation.succeed(.token)
        simulation.succeed(.authentication)
        #expect(simulation.refreshed == [first])
        #expect(simulation.steps == [.token, .authentication])
    }

    @Test func `what is forgotten is fetched anew by the next caller alone`() throws {
        var simulation = TokenSimulation()
        let grant = try simulation.start()
        simulation.forget()
        #expect(simulation.chain.snapshot(now: simulation.now).map(\.state) == [.none, .none])
        simulation.pass(.seconds(100_000))
        #expect(simulation.steps.count == 2)
        // A grant from before neither counts as accepted nor rejects what comes after it.
        simulation.reject(.spe, of: grant)
        let waiter = simulation.acquire()
        simulation.succeed(.token)
        simulation.succeed(.authentication)
        #expect(simulation.delivered[waiter]?.speGeneration == 2)
        simulation.reject(.spe, of: grant)
        #expect(simulation.inFlight == nil)
    }

    @Test(arguments: [TokenChain.Step.token, .authentication])
    func `what was under way when tokens were wanted anew does not count`(step: TokenChain.Step) throws {
        var simulation = TokenSimulation()
        let waiter = simulation.acquire()
        if step == .authentication { simulation.succeed(.token) }
        let refresh = simulation.refresh()
        simulation.succeed(step)
        #expect(simulation.inFlight == .token)
        #expect(simulation.refreshed.isEmpty && simulation.delivered[waiter] == nil)
        simulation.succeed(.token)
        simulation.succeed(.authentication)
        #expect(simulation.refreshed == [refresh] && simulation.delivered[waiter] != nil)
    }

    @Test func `refreshes that are given up and asked for again come to an end`() throws {
        var simulation = TokenSimulation()
        let waiter = simulation.acquire()
        for _ in 0..<5 { simulation.abandon(simulation.refresh()) }
        simulation.succeed(.token)
        for _ in 0..<5 { simulation.abandon(simulation.refresh()) }
        simulation.succeed(.token)
        let last = simulation.refresh()
        while let step = simulation.inFlight { simulation.succeed(step) }
        #expect(simulation.refreshed == [last] && simulation.delivered[waiter] != nil)
        #expect(simulation.steps.count <= 4, "\(simulation.steps)")
    }

    @Test func `a refresh by an old token that is under way is not taken for new ones`() throws {
        var simulation = TokenSimulation()
        _ = try simulation.start()
        while simulation.inFlight == nil {
            simulation.pass(.seconds(30))
            simulation.acquire()
        }
        let old = try #require(simulation.inFlight)
        let refresh = simulation.refresh()
        simulation.succeed(old)
        #expect(simulation.inFlight == .token && simulation.refreshed.isEmpty)
        simulation.succeed(.token)
        simulation.succeed(.authentication)
        #expect(simulation.refreshed == [refresh])
    }

    @Test func `what was under way when all was forgotten does not come back`() throws {
        var simulation = TokenSimulation()
        let waiter = simulation.acquire()
        simulation.forget()
        simulation.succeed(.token)
        #expect(simulation.steps == [.token, .token])
        simulation.succeed(.token)
        simulation.succeed(.authentication)
        #expect(simulation.delivered[waiter] != nil)
    }

    @Test func `forgetting ends the wait after a failure`() {
        var simulation = TokenSimulation()
        simulation.acquire()
        simulation.fail(.token, .wrongCredentials)
        simulation.forget()
        #expect(simulation.chain.snapshot(now: simulation.now).map(\.state) == [.none, .none])
        simulation.acquire()
        #expect(simulation.inFlight == .token)
    }
}
