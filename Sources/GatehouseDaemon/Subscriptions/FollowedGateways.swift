// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter

/// The gateways as their followers know them: what is closed is told once more as it was last seen.
final class FollowedGateways: Sendable {
    private struct Known {
        var report: GatewayReport
        /// When it would be closed for lack of use.
        var idleAt: Instant
    }

    private let known = Locked<[String: Known]>([:])
    private let time: any TimeSource

    init(time: any TimeSource) {
        self.time = time
    }

    /// All of a user's gateways.
    func all(_ gateways: [GatewayInfo]) -> [GatewayReport] {
        gateways.map { note($0) }
    }

    /// The state of a gateway after a change; nil for one that nobody was told of.
    func report(_ change: GatewayChange) -> GatewayReport? {
        if let gateway = change.gateway { return note(gateway) }
        guard let last = known.withLock({ $0.removeValue(forKey: change.handle.text) }) else { return nil }
        var report = last.report
        report.state = "closed"
        report.callsInFlight = 0
        report.closedBecause = report.closedBecause ?? (time.now >= last.idleAt ? "idle" : "closed")
        return report
    }

    private func note(_ gateway: GatewayInfo) -> GatewayReport {
        let report = GatewayReport(gateway, Calendar(time))
        let idleAt = gateway.lastUsedAt + gateway.idleTimeout
        known.withLock { $0[report.gateway] = Known(report: report, idleAt: idleAt) }
        return report
    }
}
