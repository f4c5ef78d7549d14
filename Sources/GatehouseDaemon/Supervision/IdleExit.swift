// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// When a daemon that a socket started ends because nobody needs it.
///
/// It decides and does nothing: ``Supervision`` tells it what happens, looks at the clock and at the backlog.
struct IdleExit: Equatable, Sendable {
    /// What is going on.
    struct Activity: Equatable, Sendable {
        /// Open connections.
        var connections = 0
        /// Requests that wait for their answer, those whose caller has left among them.
        var requests = 0
        /// Tokens that are being fetched.
        var renewals = 0
        /// Gateways that are open: their sessions would end with the daemon.
        var gateways = 0

        /// Whether a caller would miss the daemon, or something would be cut off.
        var isIdle: Bool { connections <= 0 && requests <= 0 && renewals <= 0 && gateways <= 0 }
    }

    /// What to do next.
    enum Step: Equatable, Sendable {
        /// Look again when a connection is closed or a request has ended.
        case wait
        /// Look again then.
        case look(at: Instant)
        /// Accept nobody, and see who waits in the backlog.
        case lookAtBacklog
    }

    /// How long nothing may have gone on.
    let limit: Duration
    /// Since when nothing goes on, as far as it is known.
    private(set) var idleSince: Instant?

    init(after limit: Duration) {
        self.limit = limit
    }

    /// How often something is looked at that does not tell when it ends.
    private var pause: Duration { min(max(limit, .milliseconds(10)), .seconds(5)) }

    /// Takes what goes on now, and says what comes next.
    ///
    /// `isHeld` is asked once the daemon was idle for long enough: whether it stays all the same, for a while.
    mutating func observe(_ activity: Activity, now: Instant, isHeld: () -> Bool = { false }) -> Step {
        guard activity.isIdle else {
            idleSince = nil
            return activity.connections > 0 || activity.requests > 0 ? .wait : .look(at: now + pause)
        }
        let since = idleSince ?? now
        idleSince = since
        guard now - since >= limit else { return .look(at: since + limit) }
        return isHeld() ? .look(at: now + pause) : .lookAtBacklog
    }

    /// Somebody connected, so that the time begins anew when everybody has left.
    mutating func interrupted() {
        idleSince = nil
    }

    /// Takes what the look at the backlog showed; true says that the daemon ends now.
    ///
    /// Whoever connects after that look waits in the backlog of the service manager's own descriptor, and starts the
    /// daemon again.
    mutating func looked(foundSomebody: Bool) -> Bool {
        if foundSomebody { idleSince = nil }
        return !foundSomebody
    }
}
