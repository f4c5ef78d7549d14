// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What clamd said last of its definitions, asked again when a scan finds it old.
///
/// While it is asked again, verdicts show what was known. Once that is too old a scan asks for itself: a profile may
/// refuse what was scanned by definitions of no known age.
final class ClamdDefinitions: Sendable {
    private struct State {
        var text: String?
        var askedAt: Instant?
        var answeredAt: Instant?
        var isAsking = false
    }

    private static let fresh = Duration.seconds(60)
    private static let usable = Duration.seconds(600)

    private let state = Locked(State())

    /// What is known at one time.
    enum Known: Equatable {
        /// This, and nobody needs to ask; nil where clamd does not say, or did not answer a moment ago.
        case fresh(String?)
        /// This, and it is time to ask again.
        case old(String?)
        /// Nothing that still counts: whoever wants to know asks.
        case unknown
    }

    /// What is known now; whoever is told to ask does, and calls ``answered(_:at:)``.
    func current(at now: Instant) -> Known {
        state.withLock { state in
            let isKnown = state.answeredAt.map { now - $0 < Self.usable } ?? false
            let mustAsk = !state.isAsking && (state.askedAt.map { now - $0 >= Self.fresh } ?? true)
            let isAsking = state.isAsking
            if mustAsk {
                state.isAsking = true
                state.askedAt = now
            }
            guard isKnown else { return mustAsk || isAsking ? .unknown : .fresh(nil) }
            return mustAsk ? .old(state.text) : .fresh(state.text)
        }
    }

    /// What clamd said, where that still counts.
    func text(at now: Instant) -> String? {
        state.withLock { state in state.answeredAt.map { now - $0 < Self.usable } ?? false ? state.text : nil }
    }

    /// What clamd answered; the outer nil stands for no answer.
    func answered(_ text: String??, at now: Instant) {
        state.withLock { state in
            state.isAsking = false
            guard let text else { return }
            state.text = text
            state.answeredAt = now
        }
    }
}
