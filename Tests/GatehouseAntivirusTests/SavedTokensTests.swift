// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

/// A chain that goes on with another process's tokens.
@Suite struct SavedTokensTests {
    /// A simulation that was given what another one has.
    private func successor(of first: TokenSimulation) -> TokenSimulation {
        var second = TokenSimulation()
        second.now = first.now
        second.chain.restore(first.chain.saved)
        return second
    }

    @Test func `tokens that are good are handed out without a request`() throws {
        var first = TokenSimulation()
        let grant = try first.start()
        var second = successor(of: first)
        let waiter = second.acquire()
        #expect(second.delivered[waiter]?.spe === grant.spe)
        #expect(second.delivered[waiter]?.gicar === grant.gicar)
        #expect(second.steps.isEmpty)
    }

    @Test func `they expire when they would have expired, and are refreshed first`() throws {
        var first = TokenSimulation()
        _ = try first.start()
        var second = successor(of: first)
        second.pass(.seconds(40_000))
        second.acquire()
        second.succeed(.token)
        #expect(second.steps == [.token, .refresh])
    }

    @Test func `tokens that are used are renewed ahead of their expiry`() throws {
        var first = TokenSimulation()
        _ = try first.start()
        var second = successor(of: first)
        second.pass(.seconds(275))
        #expect(second.steps == [.token])
    }

    @Test func `a token that was rejected is not handed out again`() throws {
        var first = TokenSimulation()
        let grant = try first.start()
        first.reject(.gicar, of: grant)
        var second = successor(of: first)
        second.acquire()
        #expect(second.steps == [.token])
    }

    @Test func `refusals are no part of it: a new process tries again`() {
        var first = TokenSimulation()
        first.acquire()
        first.fail(.token, .wrongCredentials)
        #expect(first.chain.saved.isEmpty)
        var second = successor(of: first)
        second.acquire()
        #expect(second.steps == [.token])
    }

    @Test func `a chain that has tokens keeps its own`() throws {
        var first = TokenSimulation()
        _ = try first.start()
        var second = TokenSimulation()
        second.now = first.now
        let own = try second.start()
        second.chain.restore(first.chain.saved)
        let waiter = second.acquire()
        #expect(second.delivered[waiter] == own)
    }

    @Test func `the same tokens are the same, other ones are not`() throws {
        var first = TokenSimulation()
        let grant = try first.start()
        let before = first.chain.saved
        first.acquire()
        #expect(first.chain.saved.isSame(as: before))
        first.reject(.spe, of: grant)
        #expect(!first.chain.saved.isSame(as: before))
    }
}
