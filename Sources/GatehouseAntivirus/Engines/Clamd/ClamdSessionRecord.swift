// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Decides whether descriptors go to clamd in sessions (`IDSESSION`, clamd(8)); without I/O, on a clock that is passed in.
///
/// They do until clamd shows that it takes none. Then each descriptor has a connection of its own, and one scan asks again
/// from time to time; the others do not wait for what comes of that.
struct ClamdSessionRecord {
    /// How clamd shows that it takes no session.
    enum Refusal: CaseIterable {
        /// It says so in its first words.
        case unknownCommand
        /// It closes the connection and has said nothing.
        case closed

        /// How long it is not asked again: what says nothing may have had another reason.
        var pause: Duration {
            switch self {
            case .unknownCommand: .seconds(3600)
            case .closed: .seconds(60)
            }
        }
    }

    /// Whether clamd answered in a session since it was lost last.
    private var hasAnswered = false
    private var refused: (refusal: Refusal, nextAttemptAt: Instant)?

    /// Whether a scan goes into a session; where that is to ask again, only the first one does.
    mutating func admits(at now: Instant) -> Bool {
        guard let refused else { return true }
        guard now >= refused.nextAttemptAt else { return false }
        self.refused = (refused.refusal, now + refused.refusal.pause)
        return true
    }

    /// Something was answered in a session.
    mutating func answered() {
        (hasAnswered, refused) = (true, nil)
    }

    /// A session came to its end before anything was answered in it; returns whether clamd is taken to know none, so that
    /// what was sent in it is sent again in the other way.
    ///
    /// Who has answered in one before, and now closes another, has gone away.
    mutating func refused(_ refusal: Refusal, at now: Instant) -> Bool {
        guard refusal == .unknownCommand || !hasAnswered else { return false }
        (hasAnswered, refused) = (false, (refusal, now + refusal.pause))
        return true
    }

    /// clamd could not be reached, or went away: what comes back may be another one.
    mutating func lost() {
        (hasAnswered, refused) = (false, nil)
    }
}
