// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct TokenChainFailureTests {
    @Test func `wrong credentials stop the attempts for 15 minutes and say so at once`() throws {
        var simulation = TokenSimulation()
        let first = simulation.acquire()
        simulation.fail(.token, .wrongCredentials)
        #expect(simulation.failed[first]?.retryAfter == .seconds(900))
        #expect(simulation.chain.snapshot(now: simulation.now)[0].state == .refused)
        simulation.pass(.seconds(899))
        let second = simulation.acquire()
        #expect(simulation.failed[second]?.retryAfter == .seconds(1))
        #expect(simulation.steps.count == 1)
        simulation.pass(.seconds(1))
        simulation.acquire()
        #expect(simulation.steps.count == 2)
    }

    @Test func `credentials that may have changed are tried at once`() {
        var simulation = TokenSimulation()
        simulation.acquire()
        simulation.fail(.token, .wrongCredentials)
        simulation.credentialsMayHaveChanged()
        simulation.acquire()
        #expect(simulation.steps == [.token, .token])
    }

    @Test func `credentials that are refused after the chain stop it for 15 minutes`() throws {
        var simulation = TokenSimulation()
        let grant = try simulation.start()
        simulation.refuse(grant)
        simulation.refuse(grant)
        let first = simulation.acquire()
        #expect(simulation.failed[first]?.code == .wrongCredentials)
        #expect(simulation.failed[first]?.retryAfter == .seconds(900))
        #expect(simulation.chain.snapshot(now: simulation.now).map(\.state).contains(.refused))
        simulation.pass(.seconds(900))
        let second = simulation.acquire()
        // GICAR's token has expired meanwhile.
        #expect(simulation.steps == [.token, .authentication, .token])
        simulation.succeed(.token)
        simulation.succeed(.refresh)
        #expect(simulation.delivered[second] != nil)
    }

    @Test(arguments: [true, false])
    func `after such a refusal a refresh or other credentials begin at once`(refresh: Bool) throws {
        var simulation = TokenSimulation()
        let grant = try simulation.start()
        simulation.refuse(grant)
        if refresh {
            simulation.refresh()
            simulation.succeed(.token)
            simulation.succeed(.authentication)
        } else {
            simulation.credentialsMayHaveChanged()
        }
        let waiter = simulation.acquire()
        if !refresh { simulation.succeed(.refresh) }
        #expect(simulation.delivered[waiter] != nil)
        // A late word about the tokens of then says nothing about those of now.
        simulation.refuse(grant)
        #expect(simulation.failed[simulation.acquire()] == nil)
    }

    @Test func `a first failure is tried again within half a second with its waiters still waiting`() throws {
        for seed in 0..<100 as Range<UInt64> {
            var simulation = TokenSimulation()
            simulation.chain = TokenChain(seed: seed)
            let waiter = simulation.acquire()
            simulation.fail(.token, .transient)
            #expect(simulation.failed[waiter] == nil)
            let delay = try #require(simulation.chain.nextWake(now: simulation.now)) - simulation.now
            #expect(delay >= .seconds(0.2) && delay <= .seconds(0.5))
            simulation.pass(delay)
            #expect(simulation.steps == [.token, .token])
            simulation.fail(.token, .transient)
            let wait = try #require(simulation.failed[waiter]?.retryAfter)
            #expect(wait > .zero && wait <= .seconds(1))
        }
    }

    @Test func `delays double up to a minute, less up to a half`() {
        for seed in 0..<50 as Range<UInt64> {
            var backOff = BackOff(seed: seed)
            for (failures, longest) in [
                (2, 1.0), (3, 2), (4, 4), (5, 8), (6, 16), (7, 32), (8, 60), (9, 60), (500, 60),
            ] {
                let delay = backOff.delay(after: failures)
                #expect(delay <= .seconds(longest) && delay >= .seconds(longest / 2), "\(failures)")
            }
            #expect(backOff.delay(after: 0) <= .seconds(0.5))
            #expect(backOff.delay(after: .max) <= .seconds(60))
        }
    }

    @Test func `a rate limit is waited for as long as the server asks`() throws {
        for seed in 0..<50 as Range<UInt64> {
            var simulation = TokenSimulation()
            simulation.chain = TokenChain(seed: seed)
            let waiter = simulation.acquire()
            simulation.fail(.token, .rateLimited, retryAfter: .seconds(40))
            let wait = try #require(simulation.failed[waiter]?.retryAfter)
            #expect(wait >= .seconds(40) && wait <= .seconds(42))
            simulation.pass(.seconds(39.9))
            simulation.acquire()
            #expect(simulation.steps.count == 1)
        }
    }

    @Test func `a GICAR token that authentication does not accept is renewed once and tried once`() {
        var simulation = TokenSimulation()
        let waiter = simulation.acquire()
        simulation.succeed(.token)
        simulation.fail(.authentication, .gicarRejected)
        #expect(simulation.steps == [.token, .authentication, .token])
        simulation.succeed(.token)
        simulation.fail(.authentication, .gicarRejected)
        #expect(simulation.steps == [.token, .authentication, .token, .authentication])
        #expect(simulation.failed[waiter] == nil, "the first failure of this step")
        #expect(simulation.chain.nextWake(now: simulation.now) != nil)
    }

    @Test func `a GICAR that fails every second time and a token that is never accepted do not take turns for ever`() {
        // Seen by trying every outcome: the failure in between forgot that GICAR's token had been renewed already.
        var simulation = TokenSimulation()
        let waiter = simulation.acquire()
        var fails = false
        while simulation.failed[waiter] == nil, simulation.steps.count < 30 {
            switch simulation.inFlight {
            case .token? where fails: simulation.fail(.token, .transient)
            case .token?: simulation.succeed(.token)
            case .authentication?, .refresh?: simulation.fail(.authentication, .gicarRejected)
            case nil: simulation.pass(.seconds(0.5))
            }
            if simulation.inFlight == .token { fails.toggle() }
        }
        #expect(simulation.failed[waiter] != nil)
        #expect(simulation.steps.count <= 14, "\(simulation.steps)")
    }

    @Test func `a rate limit does not spend the refresh token`() throws {
        var simulation = TokenSimulation()
        simulation.reject(.spe, of: try simulation.start())
        simulation.acquire()
        simulation.fail(.refresh, .rateLimited, retryAfter: .seconds(1))
        simulation.pass(.seconds(4))
        simulation.acquire()
        #expect(simulation.steps.last == .refresh)
    }

    /// Which outcome every request has, and how many requests an hour of constant demand may then cause.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bound: Int
        let token: RenewalFailure?
        let spe: RenewalFailure?
        var rejects: TokenName?
    }

    static let faults = [
        Fault("wrong secret", bound: 5, token: .wrongCredentials),
        Fault("GICAR down", bound: 130, token: .transient),
        Fault("GICAR says 429 without a time", bound: 70, token: .rateLimited),
        Fault("GICAR says 429 with 0 s", bound: 130, token: .rateLimited, retryAfter: .zero),
        Fault("cancelled", bound: 130, token: .cancelled),
        Fault("wrong client id", bound: 25, spe: .wrongCredentials),
        Fault("SPE down", bound: 160, spe: .transient),
        Fault("SPE says 429 with 0 s", bound: 160, spe: .rateLimited, retryAfter: .zero),
        Fault("SPE never accepts GICAR's token", bound: 420, spe: .gicarRejected),
        Fault("every GICAR token is rejected", bound: 130, rejects: .gicar),
        Fault("every SPE token is rejected", bound: 160, rejects: .spe),
    ]

    @Test(arguments: faults)
    func `a permanent fault under constant demand does not become a flood`(fault: Fault) {
        var simulation = TokenSimulation()
        let end = simulation.now + .seconds(3600)
        while simulation.now < end {
            let waiter = simulation.acquire()
            var turns = 0
            while let step = simulation.inFlight, turns < 20 {
                turns += 1
                let failure = step == .token ? fault.token : fault.spe
                if let failure {
                    simulation.complete(step, .failure(failure))
                } else {
                    simulation.succeed(step)
                }
            }
            if let token = fault.rejects, let grant = simulation.delivered[waiter] {
                simulation.reject(token, of: grant)
            }
            simulation.pass(.seconds(0.2))
        }
        print("\(fault.testDescription): \(simulation.steps.count) requests in an hour")
        #expect(simulation.steps.count <= fault.bound)
        #expect(simulation.steps.count > 3, "attempts go on")
    }
}

extension TokenChainFailureTests.Fault {
    init(
        _ name: String,
        bound: Int,
        token: RenewalFailure.Cause? = nil,
        spe: RenewalFailure.Cause? = nil,
        retryAfter: Duration? = nil,
        rejects: TokenName? = nil
    ) {
        self.init(
            testDescription: name,
            bound: bound,
            token: token.map { TokenSimulation.failure($0, retryAfter: retryAfter) },
            spe: spe.map { TokenSimulation.failure($0, retryAfter: retryAfter) },
            rejects: rejects
        )
    }
}
