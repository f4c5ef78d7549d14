// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Checks what a schema cannot say and puts the typed configuration together.
///
/// It runs over files that break the schema as well, so that all faults come at once: what has the wrong type is passed
/// over here, since the schema has named it.
enum ConfigurationBuilder {
    /// Builds the configuration; nil where a fault leaves nothing to build.
    static func build(_ source: inout ConfigurationSource, environment: [String: String]) -> Configuration? {
        let root = source.document.value
        if root.object != nil, root["profiles"] == nil, root["servers"] == nil {
            source.refuse(["profiles"], "missing; a daemon needs profiles or servers")
        }
        let directory = root["credentialsDirectory"]?.string
        // An engine on this host needs no credential.
        let needsCredentials = EngineBuilder.needsCredentials(root)
        if directory == nil, CredentialStore.systemDirectory(environment) == nil, root.object != nil, needsCredentials {
            source.refuse(["credentialsDirectory"], "missing, and systemd passes no credentials")
        }
        var profiles: [String: ProfileConfiguration] = [:]
        let entries = root["profiles"]?.object?.members ?? []
        for (name, value) in entries {
            if let profile = ProfileBuilder.build(name, value, &source) { profiles[name] = profile }
        }
        var servers: [String: ServerConfiguration] = [:]
        for (name, value) in root["servers"]?.object?.members ?? [] {
            if let server = ServerBuilder.build(name, value, &source) { servers[name] = server }
        }
        let defaultProfile = defaultProfile(root, names: entries.map(\.name), &source)
        let limits = limits(root["limits"], &source)
        return Configuration(
            credentialsDirectory: directory,
            defaultProfile: defaultProfile,
            profiles: profiles,
            servers: servers,
            limits: limits,
            policy: PolicyBuilder.build(
                root["policy"],
                profiles: entries.map(\.name),
                servers: root["servers"]?.object?.members.map(\.name) ?? [],
                &source
            )
        )
    }

    private static func defaultProfile(
        _ root: JSONValue,
        names: [String],
        _ source: inout ConfigurationSource
    ) -> String? {
        guard let name = root["defaultProfile"] else {
            if names.count > 1 {
                source.refuse(["defaultProfile"], "missing; it is needed when there are several profiles")
            }
            return names.first
        }
        guard let name = name.string else { return nil }
        guard names.contains(where: { $0.hasSameBytes(as: name) }) else {
            source.refuse(["defaultProfile"], "there is no profile of this name")
            return nil
        }
        return name
    }

    private static func limits(_ value: JSONValue?, _ source: inout ConfigurationSource) -> Limits {
        var limits = Limits()
        for (name, value) in value?.object?.members ?? [] {
            guard let path = Limits.keys[name], let number = size(value) else { continue }
            let isOfOne = name == "messageBytes" || name == "outputBytes"
            if isOfOne && !(64 << 10...1 << 30).contains(number) {
                source.refuse(["limits", name], "must be from 64KiB to 1GiB")
            }
            let isOfMany = name == "heldBytesPerUid" || name == "heldBytes"
            if isOfMany && !(1 << 20...1 << 40).contains(number) {
                source.refuse(["limits", name], "must be from 1MiB to 1024GiB")
            }
            limits[keyPath: path] = Int(clamping: number)
        }
        // Requests have half of it, and the largest has to find room.
        let sizes = 0...1 << 30
        let least = max(2 * limits.messageBytes.clamped(to: sizes), limits.outputBytes.clamped(to: sizes))
        for name in ["heldBytesPerUid", "heldBytes"] {
            guard let path = Limits.keys[name], limits[keyPath: path] < least else { continue }
            if value?[name] != nil {
                source.refuse(["limits", name], "must be twice messageBytes at least, and outputBytes: \(least)")
            }
            limits[keyPath: path] = least
        }
        return limits
    }

    private static func size(_ value: JSONValue) -> Int64? {
        value.integer ?? value.string.flatMap { ByteSize($0)?.bytes }
    }
}

extension Int {
    /// The number nearest to it within a range; one that is refused may be any.
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
