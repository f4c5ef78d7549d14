// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehouseSecurityCenter

/// What the daemon does towards its servers, whether a caller is connected or not, and what it cannot do.
struct UpstreamWork: Equatable, Sendable {
    /// Gateways that are open.
    var gateways = 0
    /// Tokens that are being fetched.
    var renewals = 0
    /// Profiles and servers that cannot work now, with the reason: `profile pre (credentialMissing)`.
    var outOfService: [String] = []
    /// Why nothing can be served at all.
    var fault: String?

    /// A daemon that cannot serve.
    init(faults: ConfigurationFaults) {
        fault = faults.faults.first?.description ?? "faulty configuration"
    }

    init(gateways: Int = 0, renewals: Int = 0, outOfService: [String] = []) {
        self.gateways = gateways
        self.renewals = renewals
        self.outOfService = outOfService
    }

    /// Reads it from the parts at work.
    ///
    /// Called on the loop, where they live.
    init(_ profiles: Profiles, _ centers: SecurityCenters) {
        for profile in profiles.all {
            switch profile.state {
            case .unavailable(let error): outOfService.append("profile \(profile.name) (\(error.kind.rawValue))")
            case .ready(let engine, let tokens):
                if let tokens, tokens.assumeIsolated({ $0.isRenewing }) { renewals += 1 }
                guard let reason = Self.reason(engine, tokens) else { continue }
                outOfService.append("profile \(profile.name) (\(reason))")
            }
        }
        for server in centers.all {
            guard let fault = server.fault else { continue }
            outOfService.append("server \(server.name) (\(fault.kind.rawValue))")
        }
        gateways = centers.pool.assumeIsolated { $0.gatewayCount }
        for login in centers.pool.assumeIsolated({ $0.logins() }) {
            guard let failure = login.lastFailure else { continue }
            outOfService.append("server \(login.server) (\(APIError(failure).kind.rawValue))")
        }
    }

    /// Why a profile cannot work now.
    private static func reason(_ engine: any ScanEngine, _ tokens: TokenSource?) -> String? {
        if engine.standing?.state == .outOfService { return ErrorKind.engineFailsOpen.rawValue }
        let snapshots = tokens?.assumeIsolated { $0.snapshot() } ?? []
        guard let failed = snapshots.first(where: { $0.state == .refused || $0.state == .waiting }) else { return nil }
        return failed.lastFailure.map { APIError($0).kind.rawValue } ?? "\(failed.token.rawValue) token"
    }
}
