// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

extension Configuration.Loaded {
    /// The keys that differ from those of before, and the credentials by their names.
    func changes(from before: Configuration.Loaded?) -> [String] {
        guard let before else { return ["profiles", "servers"] }
        let (old, new) = (before.configuration, configuration)
        var changes: [String] = []
        if old.credentialsDirectory != new.credentialsDirectory { changes.append("credentialsDirectory") }
        if old.defaultProfile != new.defaultProfile { changes.append("defaultProfile") }
        changes += Self.changes("profiles", old.profiles, new.profiles)
        changes += Self.changes("servers", old.servers, new.servers)
        if old.policy != new.policy { changes.append("policy") }
        changes += Self.changes("limits", old.limits.values, new.limits.values)
        let names = Set(remembered.keys).intersection(before.remembered.keys)
        return changes + names.filter { !isSame($0, as: before) }.sorted()
    }

    private static func changes<Value: Equatable>(
        _ key: String,
        _ old: [String: Value],
        _ new: [String: Value]
    ) -> [String] {
        Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted().map { "\(key).\($0)" }
    }

    /// Whether a profile and all its credentials are what they were.
    func hasSame(profile name: String, as before: Configuration.Loaded) -> Bool {
        guard let profile = configuration.profiles[name], profile == before.configuration.profiles[name] else {
            return false
        }
        return profile.credentials.allSatisfy { isSame($0.name, as: before) }
    }

    /// Whether a profile calls the same gateway by the same plan as the same API client, whatever else of it changed.
    func hasSamePlan(profile name: String, as before: Configuration.Loaded) -> Bool {
        guard case .spe(let new) = configuration.profiles[name]?.engine,
            case .spe(let old) = before.configuration.profiles[name]?.engine
        else { return false }
        return new.plan == old.plan && new.requestTokenURL == old.requestTokenURL && new.scanFileURL == old.scanFileURL
            && isSame(new.apiClientID, as: before)
    }

    /// Whether all servers and their credentials are what they were.
    func hasSameServers(as before: Configuration.Loaded) -> Bool {
        configuration.servers == before.configuration.servers
            && configuration.servers.values.flatMap(\.account.credentials).allSatisfy { isSame($0.name, as: before) }
    }

    /// The servers whose names stand for something else than before: what is open there is good for that alone.
    ///
    /// A token that somebody else renews is the same account's.
    func replacedServers(since before: Configuration.Loaded) -> Set<String> {
        let servers = configuration.servers.filter { name, server in
            guard server == before.configuration.servers[name] else { return true }
            let renewed = server.account.renewedCredentials
            return !server.account.credentials.allSatisfy { renewed.contains($0.name) || isSame($0.name, as: before) }
        }
        return Set(servers.keys)
    }

    private func isSame(_ name: String, as before: Configuration.Loaded) -> Bool {
        guard let new = remembered[name], let old = before.remembered[name] else { return false }
        return new.secret.isEqual(to: old.secret)
    }
}
