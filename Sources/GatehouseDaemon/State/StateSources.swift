// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseTransfer

/// Where the state is that outlives the process.
struct StateSources: Sendable {
    /// One profile that has tokens.
    struct Profile: Sendable {
        let name: String
        let binding: String
        let tokens: TokenSource
    }

    let profiles: [Profile]
    /// What each server's name stands for.
    let servers: [String: String]
    let pool: GatewayPool
    /// Comes from the credentials; nil where none can be read.
    let key: SealingKey?

    init(_ loaded: Configuration.Loaded, _ profiles: Profiles, _ pool: GatewayPool) {
        self.profiles = profiles.all.compactMap { profile in
            guard let tokens = profile.tokens, let configured = loaded.configuration.profiles[profile.name] else {
                return nil
            }
            return Profile(name: profile.name, binding: configured.stateBinding, tokens: tokens)
        }
        servers = loaded.configuration.servers.mapValues(\.stateBinding)
        self.pool = pool
        key = SealingKey(credentials: loaded.stateCredentials)
    }
}

extension Configuration.Loaded {
    /// The credentials that the key of the state comes from.
    ///
    /// A token that somebody else renews is none of them where there are others: each renewal would drop the state.
    var stateCredentials: [(name: String, secret: Secret)] {
        let renewed = Set(configuration.servers.values.flatMap { $0.account.renewedCredentials })
        let names = Set(credentialNames)
        let lasting = names.subtracting(renewed)
        return (lasting.isEmpty ? names : lasting).compactMap { name in
            remembered[name].map { (name, $0.secret) }
        }
    }
}

extension ServerConfiguration.Account {
    /// The credentials that change without the account being another.
    var renewedCredentials: [String] {
        switch self {
        case .password: []
        case .webToken(let name), .oneTimeToken(let name): [name]
        }
    }

    /// Who it is.
    fileprivate var identity: [String] {
        switch self {
        case .password(let account): ["password", account.user, account.domain, account.isInternal ? "internal" : ""]
        case .webToken: ["webToken"]
        case .oneTimeToken: ["oneTimeToken"]
        }
    }
}

extension ServerConfiguration {
    /// For what its sessions are good.
    fileprivate var stateBinding: String { ([url, virtualServer] + account.identity).joined(separator: "\n") }
}

extension ProfileConfiguration {
    /// For what its tokens are good.
    fileprivate var stateBinding: String {
        // The other engines have no tokens.
        guard case .spe(let spe) = engine else { return "" }
        return [spe.tokenURL, spe.requestTokenURL, spe.scanFileURL, spe.clientID].joined(separator: "\n")
    }
}
