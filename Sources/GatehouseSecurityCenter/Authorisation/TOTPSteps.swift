// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Which time steps of a TOTP secret were used: a server accepts each no more than once (RFC 6238 section 5.2).
///
/// Logins at the same time take one step each, so that the later ones wait for theirs to begin.
struct TOTPSteps: Sendable {
    /// So many steps ahead of time a login may have to wait for; more that log in at once are turned away.
    private static let mostAhead: UInt64 = 4
    /// No login takes one further ahead, so that a free step beyond the next one was free before the clock was set back.
    private static let clockWasSet = mostAhead + 1

    private let last = Locked<UInt64?>(nil)

    /// Takes the first step that is free, at a time; nil while too many wait.
    func take(unixTime: Double) -> UInt64? {
        let present = TOTP.step(unixTime: unixTime)
        return last.withLock { last in
            let free = last.map { $0 + 1 } ?? present
            guard free > present, free - present <= Self.clockWasSet else {
                last = present
                return present
            }
            guard free - present <= Self.mostAhead else { return nil }
            last = free
            return free
        }
    }

    /// The present step in exchange for one that was taken, where time has gone on and nobody else took it.
    func renew(_ step: UInt64, unixTime: Double) -> UInt64 {
        let present = TOTP.step(unixTime: unixTime)
        return last.withLock { last in
            guard present > step, last == step else { return step }
            last = present
            return present
        }
    }

    /// Gives back a step of which no password was sent.
    func giveBack(_ step: UInt64) {
        last.withLock { last in
            if last == step { last = step > 0 ? step - 1 : nil }
        }
    }
}
