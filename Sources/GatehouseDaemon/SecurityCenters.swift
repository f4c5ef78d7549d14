// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter

/// The Security Centers of the configuration, at work.
struct SecurityCenters: Sendable {
    /// One Security Center.
    struct Server: Sendable {
        let name: String
        /// Why it cannot be used, where it cannot: a credential is missing, for example.
        let fault: APIError?
    }

    let all: [Server]
    let pool: GatewayPool

    /// The name of the server that a caller named, or of the only one.
    func find(_ name: String?) throws(APIError) -> String {
        guard !all.isEmpty else {
            throw APIError(.unknownServer, hint: "The configuration has no servers.")
        }
        guard let wanted = name ?? (all.count == 1 ? all[0].name : nil) else {
            throw APIError(.unknownServer, "there are several servers: name one of \(names)")
        }
        guard let server = all.first(where: { $0.name == wanted }) else {
            throw APIError(.unknownServer, hint: "The servers are \(names).")
        }
        if let fault = server.fault { throw fault }
        return server.name
    }

    /// The sessions that are held for a user, or for anybody.
    ///
    /// Called on the loop, where the pool lives.
    func sessions(of user: UInt32?) -> [UpstreamSessionInfo] {
        guard !all.isEmpty else { return [] }
        return pool.assumeIsolated { $0.sessions() }.filter { user == nil || $0.owner == user }
    }

    /// Lets accounts that were refused be tried again.
    func retryLogins() async {
        guard !all.isEmpty else { return }
        await pool.retryLogins()
    }

    /// The accounts that could not log in for a user, or for anybody, where there is no session that shows it.
    ///
    /// Called on the loop, where the pool lives.
    func failedLogins(of user: UInt32?, besides sessions: [UpstreamSessionInfo]) -> [ServerLoginInfo] {
        guard !all.isEmpty else { return [] }
        return pool.assumeIsolated { $0.logins() }.filter { login in
            let isMeant = user.map(login.triedFor.contains) ?? !login.triedFor.isEmpty
            return isMeant && !sessions.contains { $0.server == login.server && $0.route.isPrimary }
        }
    }

    private var names: String { all.map(\.name).joined(separator: ", ") }
}
