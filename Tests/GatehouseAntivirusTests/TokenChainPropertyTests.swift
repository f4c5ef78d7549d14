// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

/// Random lives of a chain; what holds after every event is checked by ``TokenSimulation`` and here.
struct TokenChainPropertyTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `no sequence of events loses a waiter or hands out a dead token`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var simulation = TokenSimulation()
        simulation.chain = TokenChain(seed: seed)
        var expiry: [ObjectIdentifier: Instant] = [:]
        // Keeps every token alive, so that no identifier is used twice.
        var kept: [Secret] = []
        var dead: Set<ObjectIdentifier> = []
        var seen: Set<TokenChain.Waiter> = []
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2: simulation.acquire()
            case 3...5:
                guard let step = simulation.inFlight else { break }
                let (outcome, token) = outcome(of: step, simulation, &random)
                if let token {
                    kept.append(token.access)
                    expiry[ObjectIdentifier(token.access)] = token.countedFrom + token.lifetime
                }
                simulation.complete(step, outcome)
            case 6: simulation.pass(.seconds(Double.random(in: 0...400, using: &random)))
            case 7:
                guard let grant = simulation.delivered.values.randomElement(using: &random) else { break }
                let token = random.chance(0.5) ? TokenName.gicar : .spe
                dead.insert(ObjectIdentifier(token == .gicar ? grant.gicar : grant.spe))
                simulation.reject(token, of: grant)
            case 8:
                if let waiter = simulation.unanswered.randomElement(using: &random) { simulation.abandon(waiter) }
                if let grant = simulation.delivered.values.randomElement(using: &random) {
                    simulation.chain.accepted(grant)
                }
                if random.chance(0.1) { simulation.credentialsMayHaveChanged() }
            default:
                guard let wake = simulation.chain.nextWake(now: simulation.now) else { break }
                simulation.pass(wake - simulation.now)
            }
            for (waiter, grant) in simulation.delivered where seen.insert(waiter).inserted {
                for secret in [grant.gicar, grant.spe] {
                    let id = ObjectIdentifier(secret)
                    #expect(try #require(expiry[id]) > simulation.now, "an expired token was handed out")
                    #expect(!dead.contains(id), "a rejected token was handed out")
                }
            }
        }
        settle(&simulation)
    }

    /// With a server that answers again, everybody is answered as long as time passes.
    private func settle(_ simulation: inout TokenSimulation) {
        for _ in 0..<100 where !simulation.unanswered.isEmpty {
            if let step = simulation.inFlight {
                simulation.succeed(step)
            } else if let wake = simulation.chain.nextWake(now: simulation.now) {
                simulation.pass(wake - simulation.now)
            }
        }
        #expect(simulation.unanswered.isEmpty)
    }

    private func outcome(
        of step: TokenChain.Step,
        _ simulation: TokenSimulation,
        _ random: inout SeededGenerator
    ) -> (Result<IssuedToken, RenewalFailure>, IssuedToken?) {
        guard random.chance(0.6) else {
            let causes: [RenewalFailure.Cause] = [
                .wrongCredentials, .gicarRejected, .rateLimited, .transient, .cancelled,
            ]
            let wait = Duration.seconds(Int64.random(in: 0...90, using: &random))
            let cause = causes.randomElement(using: &random) ?? .transient
            return (.failure(TokenSimulation.failure(cause, retryAfter: random.chance(0.5) ? wait : nil)), nil)
        }
        let token = IssuedToken(
            access: Secret("access"),
            refresh: random.chance(0.7) && step != .token ? Secret("refresh") : nil,
            lifetime: .seconds([-1, 0, 0.001, 1, 20, 300, 36_000].randomElement(using: &random) ?? 300),
            countedFrom: simulation.now + .seconds(-Double.random(in: 0...30, using: &random))
        )
        return (.success(token), token)
    }
}
