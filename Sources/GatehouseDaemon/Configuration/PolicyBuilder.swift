// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseSecurityCenter
import GatehouseWire

/// Checks the policy and puts it together.
///
/// Whatever a rule says that can never match is a fault: a misspelt name must not be passed over in silence. A user or
/// group that this host does not have is only noted, and nobody matches: the dynamic user of a service is there while
/// the service runs, and a name service may be slower than the start.
struct PolicyBuilder {
    private let profiles: [String]
    private let servers: [String]

    /// Builds the policy; nil where the configuration has none.
    static func build(
        _ value: JSONValue?,
        profiles: [String],
        servers: [String],
        _ source: inout ConfigurationSource
    ) -> Policy? {
        guard let rules = value?.array else { return nil }
        if rules.isEmpty { source.note(["policy"], "has no rule, so nobody may do anything") }
        let builder = PolicyBuilder(profiles: profiles, servers: servers)
        return Policy(rules: rules.enumerated().compactMap { builder.rule($1, ["policy", String($0)], &source) })
    }

    private func rule(_ value: JSONValue, _ steps: [String], _ source: inout ConfigurationSource) -> PolicyRule? {
        guard value.object != nil else { return nil }
        let methods = MethodSchema.methods.map { $0.name }
        var rule = PolicyRule(methods: names(value, "methods", among: methods, steps, &source) ?? [])
        callers(value, &rule, steps, &source)
        rule.profiles = names(value, "profiles", among: profiles, steps, &source)
        rule.servers = names(value, "servers", among: servers, steps, &source)
        rule.calls = calls(value["calls"], steps + ["calls"], &source)
        rule.targets = names(value, "targets", steps, &source)
        rule.locations = names(value, "locations", steps, &source)
        rule.sharedPaths = names(value, "sharedPaths", steps, &source)
        for (index, path) in (rule.sharedPaths ?? []).enumerated() where !path.matchesAll {
            let names = path.text.utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
            if path.text.utf8.first != UInt8(ascii: "/") {
                source.refuse(steps + ["sharedPaths", String(index)], "must start with '/', or be '*'")
            } else if names.contains(where: { $0 == [0x2E] || $0 == [0x2E, 0x2E] }) {
                source.refuse(
                    steps + ["sharedPaths", String(index)],
                    "no path has '.' or '..': write the folder itself"
                )
            } else if path.text.contains("//") {
                source.refuse(steps + ["sharedPaths", String(index)], "no path has '//': write one slash")
            }
        }
        rule.maximumBytes = value["maxBytes"].flatMap { $0.integer ?? $0.string.flatMap { ByteSize($0)?.bytes } }
        if rule.maximumBytes != nil, rule.methods.match(ScanPath.name) {
            source.note(steps + ["maxBytes"], "allows no scanPath: the daemon never sees the size of such a file")
        }
        if let rate = value["rate"], rate.object != nil {
            rule.rate = PolicyRate(
                perMinute: rate["perMinute"]?.integer.map(Int.init(clamping:)),
                perHour: rate["perHour"]?.integer.map(Int.init(clamping:))
            )
        }
        return rule
    }

    // MARK: Callers

    private func callers(
        _ value: JSONValue,
        _ rule: inout PolicyRule,
        _ steps: [String],
        _ source: inout ConfigurationSource
    ) {
        rule.uid = value["uid"]?.integer.flatMap(UInt32.init(exactly:))
        rule.gid = value["gid"]?.integer.flatMap(UInt32.init(exactly:))
        rule.user = value["user"]?.string.map { PolicyRule.Account(name: $0, number: HostAccounts.user(named: $0)) }
        rule.group = value["group"]?.string.map { PolicyRule.Account(name: $0, number: HostAccounts.group(named: $0)) }
        rule.unit = value["unit"]?.string.map(NamePattern.init)
        for (key, account) in [("user", rule.user), ("group", rule.group)] {
            guard let account, account.number == nil else { continue }
            source.note(steps + [key], "this host has no \(key) of this name now, so nobody matches until a reload")
        }
    }

    // MARK: Names

    private func names(
        _ value: JSONValue,
        _ key: String,
        _ steps: [String],
        _ source: inout ConfigurationSource
    ) -> [NamePattern]? {
        guard let texts = value[key]?.array?.compactMap(\.string) else { return nil }
        if texts.isEmpty { source.refuse(steps + [key], "names nothing, so the rule could never match") }
        return texts.map(NamePattern.init)
    }

    /// Names of what this daemon has: one that is none of them, and no pattern, is a fault.
    private func names(
        _ value: JSONValue,
        _ key: String,
        among known: [String],
        _ steps: [String],
        _ source: inout ConfigurationSource
    ) -> [NamePattern]? {
        guard let patterns = names(value, key, steps, &source) else { return nil }
        for (index, pattern) in patterns.enumerated() where pattern.isLiteral && !known.contains(pattern.text) {
            let names = known.sorted().joined(separator: ", ")
            let list = known.isEmpty ? "there are none" : "they are \(names)"
            source.refuse(steps + [key, String(index)], "there is nothing of this name among the \(key); \(list)")
        }
        return patterns
    }

    private func calls(
        _ value: JSONValue?,
        _ steps: [String],
        _ source: inout ConfigurationSource
    ) -> [CallPattern]? {
        guard let texts = value?.array?.compactMap(\.string) else { return nil }
        if texts.isEmpty { source.refuse(steps, "names nothing, so the rule could never match") }
        var patterns: [CallPattern] = []
        for (index, text) in texts.enumerated() {
            if let pattern = CallPattern(text) {
                patterns.append(pattern)
                guard MethodName.isReserved(text) else { continue }
                source.refuse(
                    steps + [String(index)],
                    "Session, GatewayConnection and login are the daemon's own: no call is let through to them"
                )
            } else {
                source.refuse(
                    steps + [String(index)],
                    "must be '*', Class.Method or Instance.Class.Method in letters, digits and '*'"
                )
            }
        }
        return patterns
    }
}
