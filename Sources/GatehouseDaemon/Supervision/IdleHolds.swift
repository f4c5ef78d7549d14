// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Logging

/// What keeps a daemon that nobody calls from ending for a while, and would begin anew or be cut short without it.
struct IdleHolds: Sendable {
    /// One reason.
    struct Hold: Sendable {
        /// What goes on, for the log.
        let reason: String
        /// Whether it goes on now; asked on the loop.
        let isHeld: @Sendable () -> Bool
    }

    private let holds: [Hold]
    private let log: Logger
    private let told = Locked<String?>(nil)

    init(_ holds: [Hold], log: Logger) {
        self.holds = holds
        self.log = log
    }

    /// Whether any of them goes on, which is told once.
    func isHeld() -> Bool {
        let reason = holds.first { $0.isHeld() }?.reason
        let isNew = told.withLock { told in
            defer { told = reason }
            return told != reason
        }
        if isNew, let reason { log.info("idle, and not ending yet", metadata: ["reason": "\(reason)"]) }
        return reason != nil
    }
}
