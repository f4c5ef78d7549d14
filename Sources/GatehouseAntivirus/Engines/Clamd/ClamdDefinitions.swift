// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What clamd said last of its definitions, asked again when a scan finds it old.
///
/// No scan waits for it: while it is asked again, verdicts show what was known, and nothing once that is too old.
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

    /// What is known now, and whether it is time to ask; whoever is told so asks and calls ``answered(_:at:)``.
    func current(at now: Instant) -> (text: String?, mustAsk: Bool) {
        state.withLock { state in
            let isKnown = state.answeredAt.map { now - $0 < Self.usable } ?? false
            let mustAsk = !state.isAsking && (state.askedAt.map { now - $0 >= Self.fresh } ?? true)
            if mustAsk {
                state.isAsking = true
                state.askedAt = now
            }
            return (isKnown ? state.text : nil, mustAsk)
        }
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
