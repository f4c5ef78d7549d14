// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// One rule of the policy: every part that it has must match.
package struct PolicyRule: Equatable, Sendable {
    /// The parts, in the order in which they are looked at; their names are the configuration's keys.
    package enum Part: String, CaseIterable, Sendable {
        /// The caller's user id.
        case uid
        /// The caller's user.
        case user
        /// One of the caller's group ids.
        case gid
        /// One of the caller's groups.
        case group
        /// The caller's systemd unit.
        case unit
        /// The method.
        case methods
        /// The profiles that are used.
        case profiles
        /// The Security Center that is used.
        case servers
        /// The upstream call.
        case calls
        /// Where a call or a gateway leads.
        case targets
        /// Locations of the caller's own.
        case locations
        /// The path that an engine is asked to read.
        case sharedPaths
        /// The size of a file.
        case maxBytes
    }

    /// A user or a group by its name, with its number as of the time when the configuration was read.
    package struct Account: Equatable, Sendable {
        /// The name.
        package var name: String
        /// The number; nil where there was none of that name, so that nobody matches.
        package var number: UInt32?

        /// Names one.
        package init(name: String, number: UInt32?) {
            self.name = name
            self.number = number
        }
    }

    /// Callers with this user id.
    package var uid: UInt32?
    /// Callers of this user.
    package var user: Account?
    /// Callers with this group id.
    package var gid: UInt32?
    /// Callers of this group.
    package var group: Account?
    /// Callers in a unit of this name.
    package var unit: NamePattern?
    /// The methods.
    package var methods: [NamePattern]
    /// The profiles.
    package var profiles: [NamePattern]?
    /// The Security Centers.
    package var servers: [NamePattern]?
    /// The upstream calls.
    package var calls: [CallPattern]?
    /// The targets.
    package var targets: [NamePattern]?
    /// The locations; without them a rule allows none.
    package var locations: [NamePattern]?
    /// The folders of an engine.
    package var sharedPaths: [NamePattern]?
    /// The size of the largest file.
    package var maximumBytes: Int64?
    /// How often.
    package var rate: PolicyRate?

    /// A rule for everybody.
    package init(methods: [NamePattern]) {
        self.methods = methods
    }

    /// The first part that does not match; nil where the rule matches.
    package func mismatch(_ caller: PolicyCaller, _ request: PolicyRequest) -> Part? {
        Part.allCases.first { !matches($0, caller, request) }
    }

    private func matches(_ part: Part, _ caller: PolicyCaller, _ request: PolicyRequest) -> Bool {
        switch part {
        case .uid: uid.map { $0 == caller.user } ?? true
        case .user: user.map { $0.number == caller.user } ?? true
        case .gid: gid.map(caller.groups.contains) ?? true
        case .group: group.map { $0.number.map(caller.groups.contains) ?? false } ?? true
        case .unit: unit.map { pattern in caller.unit.map(pattern.matches) ?? false } ?? true
        case .methods: methods.match(request.method)
        case .profiles: Self.matches(profiles, request.profiles)
        case .servers: Self.matches(servers, request.servers)
        case .calls: request.call.flatMap { call in calls.map { $0.contains { $0.matches(call) } } } ?? true
        case .targets: Self.matches(targets, request.target.map { [$0] })
        case .locations: request.locations.map(allows(locations:)) ?? true
        case .sharedPaths: request.path.flatMap { path in sharedPaths.map { $0.match(folderOf: path) } } ?? true
        case .maxBytes: allows(request.size)
        }
    }

    private static func matches(_ patterns: [NamePattern]?, _ names: [String]?) -> Bool {
        guard let patterns, let names else { return true }
        return patterns.matchAll(of: names)
    }

    /// Locations are the one part that a rule must name: whoever gives them goes past every lookup of the daemon.
    private func allows(locations given: [String]) -> Bool {
        guard let locations else { return false }
        // A location may be as long as a message; a pattern that looks into one is not worth the loop's time.
        return locations.contains(where: \.matchesAll)
            || !given.isEmpty && given.allSatisfy { $0.utf8.count <= 4096 && locations.match($0) }
    }

    private func allows(_ size: PolicyRequest.Size) -> Bool {
        guard let maximumBytes else { return true }
        return switch size {
        case .none, .later: true
        case .never: false
        case .bytes(let count): count <= maximumBytes
        }
    }
}

extension [NamePattern] {
    /// Whether a path is one of these folders, or below one.
    fileprivate func match(folderOf path: String) -> Bool {
        contains { folder in
            let text = folder.text
            return folder.matches(path) || NamePattern(text.hasSuffix("/") ? text + "*" : text + "/*").matches(path)
        }
    }
}
