// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter

extension SessionReport {
    /// What may be told of a session.
    init(_ session: UpstreamSessionInfo, _ calendar: Calendar) {
        let state =
            switch session.state {
            case .open: "open"
            case .preparing: "opening"
            case .lost: "lost"
            case .gone: "gone"
            }
        self.init(
            server: session.server,
            route: session.route.steps(from: session.server),
            binding: session.binding,
            state: state,
            generation: Int64(clamping: session.generation),
            openedAt: session.openedAt.map(calendar.timestamp),
            lastContactAt: session.lastContactAt.map(calendar.timestamp),
            lastFailure: Self.failure(session, calendar),
            nextAttemptAt: session.nextAttemptAt.map(calendar.timestamp)
        )
    }

    private static func failure(_ session: UpstreamSessionInfo, _ calendar: Calendar) -> TokenFailure? {
        guard let error = session.lastFailure, let at = session.lastFailureAt else { return nil }
        let mapped = APIError(error)
        return TokenFailure(
            at: calendar.timestamp(at),
            kind: mapped.kind.rawValue,
            message: error.message,
            upstream: mapped.upstream
        )
    }
}
