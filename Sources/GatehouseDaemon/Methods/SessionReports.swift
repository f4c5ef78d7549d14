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
            lastFailure: Self.failure(session.lastFailure, session.lastFailureAt, calendar),
            nextAttemptAt: session.nextAttemptAt.map(calendar.timestamp)
        )
    }

    /// What may be told of an account that could not log in.
    init(_ login: ServerLoginInfo, _ calendar: Calendar) {
        self.init(
            server: login.server,
            route: Route.primary.steps(from: login.server),
            binding: .session,
            state: "failed",
            generation: 0,
            lastFailure: Self.failure(login.lastFailure, login.lastFailureAt, calendar),
            nextAttemptAt: login.nextAttemptAt.map(calendar.timestamp)
        )
    }

    private static func failure(
        _ error: SecurityCenterError?,
        _ at: Instant?,
        _ calendar: Calendar
    ) -> TokenFailure? {
        guard let error, let at else { return nil }
        let mapped = APIError(error)
        return TokenFailure(
            at: calendar.timestamp(at),
            kind: mapped.kind.rawValue,
            message: error.message,
            upstream: mapped.upstream
        )
    }
}
