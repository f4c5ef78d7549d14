// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

/// How many token requests one call may cause, found by trying every outcome of every request.
///
/// The number stands in `docs/antivirus.md`.
struct TokenChainBoundTests {
    private enum Outcome: CaseIterable {
        case success
        case transient
        case gicarRejected
        case rateLimited
        case wrongCredentials
    }

    /// Tries everything from a state, and knows what it has tried.
    private struct Search {
        private var known: [String: Int] = [:]
        private var open: Set<String> = []

        /// The most requests from here until the call ends.
        ///
        /// `accepted` are the tokens about which its scan has not been answered with 401 yet.
        mutating func most(
            _ simulation: TokenSimulation,
            _ waiter: TokenChain.Waiter,
            accepted: Set<TokenName>
        ) -> Int {
            if simulation.failed[waiter] != nil { return 0 }
            if let grant = simulation.delivered[waiter] {
                return afterRejection(simulation, grant, accepted)
            }
            let key = "\(accepted.map(\.rawValue).sorted()) " + simulation.fingerprint
            if let most = known[key] { return most }
            guard open.insert(key).inserted else {
                Issue.record("a call that need not end: \(key)")
                return 0
            }
            let result = next(simulation, waiter, accepted)
            open.remove(key)
            known[key] = result
            return result
        }

        private mutating func next(
            _ simulation: TokenSimulation,
            _ waiter: TokenChain.Waiter,
            _ accepted: Set<TokenName>
        )
            -> Int
        {
            guard let step = simulation.inFlight else {
                var later = simulation
                guard let wake = simulation.chain.nextWake(now: simulation.now) else { return 0 }
                later.pass(wake - simulation.now)
                return most(later, waiter, accepted: accepted)
            }
            var result = 0
            for outcome in Outcome.allCases {
                var ended = simulation
                switch outcome {
                case .success: ended.succeed(step)
                case .transient: ended.fail(step, .transient)
                case .gicarRejected: ended.fail(step, .gicarRejected)
                case .rateLimited: ended.fail(step, .rateLimited)
                case .wrongCredentials: ended.fail(step, .wrongCredentials)
                }
                result = max(result, 1 + most(ended, waiter, accepted: accepted))
            }
            return result
        }

        private mutating func afterRejection(
            _ simulation: TokenSimulation,
            _ grant: TokenGrant,
            _ accepted: Set<TokenName>
        ) -> Int {
            var result = 0
            for rejected in [[TokenName.gicar], [.spe], [.gicar, .spe]] where accepted.isSuperset(of: rejected) {
                var state = simulation
                for token in rejected { state.reject(token, of: grant) }
                let again = state.acquire()
                result = max(result, most(state, again, accepted: accepted.subtracting(rejected)))
            }
            return result
        }
    }

    private static var starts: [(name: String, simulation: TokenSimulation)] {
        get throws {
            var held = TokenSimulation()
            let grant = try held.start()
            var rejected = held
            rejected.reject(.spe, of: grant)
            var expired = held
            expired.pass(.seconds(40_000))
            var renewing = held
            renewing.pass(.seconds(280))
            return [
                ("no tokens", TokenSimulation()), ("tokens", held), ("a rejected token", rejected),
                ("expired tokens", expired), ("tokens that are about to expire", renewing),
            ]
        }
    }

    @Test func `whatever the servers answer, a call causes at most as many token requests as the documentation says`()
        throws
    {
        for start in try Self.starts {
            var simulation = start.simulation
            let waiter = simulation.acquire()
            var search = Search()
            let most = search.most(simulation, waiter, accepted: [.gicar, .spe])
            print("from \(start.name): at most \(most) token requests")
            #expect(most <= 22)
        }
    }
}

extension TokenSimulation {
    /// Everything that decides what comes next, and nothing that only grows.
    fileprivate var fingerprint: String {
        let records = [chain.gicar, chain.spe].map { record -> String in
            let delay = record.retryAt.map { $0 > now ? ($0 - now > .seconds(1) ? "long" : "short") : "over" } ?? "none"
            let isHeld = record.held != nil
            let flags = [
                isHeld, record.isServable(now), record.isRenewalDue(now), record.isRejected, record.refreshIsUsable,
                record.isRefused,
            ]
            return "\(flags.map { $0 ? 1 : 0 }) \(min(record.failures, 3)) \(min(record.rejections, 3)) \(delay)"
        }
        return "\(records) \(inFlight.map(\.rawValue) ?? "-") \(chain.renewedForStep)"
    }
}
