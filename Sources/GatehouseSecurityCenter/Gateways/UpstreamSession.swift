// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// What the server gave for a login.
enum UpstreamSession: Sendable {
    /// An id, for any connection (`X-KSC-Session`).
    case session(Secret)
    /// A connection that is logged in.
    case connection(any ServerConnection)

    var binding: GatewayBinding {
        switch self {
        case .session: .session
        case .connection: .connection
        }
    }
}

/// Names one upstream session of a table.
struct UpstreamID: Hashable, Sendable {
    let number: UInt64
}

/// By what upstream sessions are shared: never across users.
struct UpstreamKey: Hashable, Sendable {
    let server: String
    let route: Route
    let owner: UInt32
}

/// The right to send one request over an upstream session.
struct UpstreamLease: Sendable {
    let upstream: UpstreamID
    let key: UpstreamKey
    let session: UpstreamSession
    let generation: UInt64
    /// The way there, for routes that lead on.
    let locations: [JSONValue]
    /// The gateway through which it was asked for.
    let handle: GatewayHandle?
    /// How long the session is kept after this use, where no gateway holds it.
    let keep: Duration
}

/// One caller that waits for a lease.
struct UpstreamWaiter: Hashable, Sendable {
    let number: UInt64
}
