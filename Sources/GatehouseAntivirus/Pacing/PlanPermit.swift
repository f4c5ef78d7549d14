// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// The right to one call under a plan, from the line until it is made or given back.
package final class PlanPermit: Sendable {
    private let ticket: Locked<PlanTicket?>

    init(_ ticket: PlanTicket) {
        self.ticket = Locked(ticket)
    }

    /// The ticket, once.
    func take() -> PlanTicket? {
        ticket.withLock { ticket in
            defer { ticket = nil }
            return ticket
        }
    }
}
