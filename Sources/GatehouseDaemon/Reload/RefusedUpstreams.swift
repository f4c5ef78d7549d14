// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter

/// The profiles and servers whose credentials were refused, or cannot be read.
struct RefusedUpstreams: Equatable, Sendable {
    var profiles: Set<String> = []
    var servers: Set<String> = []

    init(profiles: Set<String> = [], servers: Set<String> = []) {
        self.profiles = profiles
        self.servers = servers
    }

    /// Asks the parts at work.
    ///
    /// Called on the loop, where they live.
    init(_ profiles: Profiles, _ centers: SecurityCenters) {
        for profile in profiles.all {
            switch profile.state {
            case .unavailable: self.profiles.insert(profile.name)
            case .ready(let engine, let tokens):
                let snapshots = tokens?.assumeIsolated { $0.snapshot() } ?? []
                guard engine.isLoginRefused || snapshots.contains(where: { $0.state == .refused }) else { continue }
                self.profiles.insert(profile.name)
            }
        }
        servers = Set(centers.all.filter { $0.fault != nil }.map(\.name))
        for login in centers.pool.assumeIsolated({ $0.logins() }) where login.lastFailure?.code == .wrongCredentials {
            servers.insert(login.server)
        }
    }
}
