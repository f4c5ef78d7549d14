// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehousePlatform
package import Glibc

/// What may be told about an open gateway.
package struct GatewayInfo: Equatable, Sendable {
    /// Where a gateway stands.
    package enum State: String, Sendable, CaseIterable {
        /// Calls go through.
        case open
        /// Its session ended; the next call prepares it again.
        case lost
        /// It is being prepared again.
        case preparing
        /// Its connection ended; it can only be closed.
        case gone
    }

    /// Its name.
    package let handle: GatewayHandle
    /// The server's name in the configuration.
    package let server: String
    /// Where it leads.
    package let route: Route
    /// How it is held.
    package let binding: GatewayBinding
    /// Whose it is.
    package let owner: uid_t
    /// Counts the preparations, from 1.
    package let generation: UInt64
    /// Where it stands.
    package let state: State
    /// When it was opened.
    package let openedAt: Instant
    /// When a call used it last; keep-alive pings are no use.
    package let lastUsedAt: Instant
    /// After how long without use it is closed.
    package let idleTimeout: Duration
    /// How many calls go on.
    package let callsInFlight: Int
}

/// A gateway that was opened, changed or closed.
package struct GatewayChange: Equatable, Sendable {
    /// Counts the changes of a pool, from 1.
    package let sequence: UInt64
    /// Which gateway.
    package let handle: GatewayHandle
    /// Whose it is.
    package let owner: uid_t
    /// What it is now; nil when it was closed.
    package let gateway: GatewayInfo?
}

/// What may be told about the daemon's own account on a server.
package struct ServerLoginInfo: Equatable, Sendable {
    /// The server's name in the configuration.
    package let server: String
    /// How many sessions it has open on the primary, one for each user.
    package let openSessions: Int
    /// Attempts to log in that failed since one succeeded.
    package let consecutiveFailures: Int
    /// The last failure, until a success.
    package let lastFailure: SecurityCenterError?
    /// When that was.
    package let lastFailureAt: Instant?
    /// The users for whom attempts failed since one succeeded.
    package let triedFor: Set<uid_t>
    /// When the next attempt may be made, where it has to wait.
    package let nextAttemptAt: Instant?
}

/// What may be told about an upstream session that the pool holds, the accounts' own among them.
package struct UpstreamSessionInfo: Equatable, Sendable {
    /// The server's name in the configuration.
    package let server: String
    /// Where it leads; the primary for an account's own session.
    package let route: Route
    /// For whom it is held.
    package let owner: uid_t
    /// How it is held.
    package let binding: GatewayBinding
    /// Where it stands.
    package let state: GatewayInfo.State
    /// Counts its openings, from 1.
    package let generation: UInt64
    /// When it was opened last.
    package let openedAt: Instant?
    /// When the server answered on it last.
    package let lastContactAt: Instant?
    /// The last failure to open it.
    package let lastFailure: SecurityCenterError?
    /// When that was.
    package let lastFailureAt: Instant?
    /// When opening it may be tried again, where that has to wait.
    package let nextAttemptAt: Instant?
}
