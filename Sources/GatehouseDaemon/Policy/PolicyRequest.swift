// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Who calls, as far as a policy looks at it.
package struct PolicyCaller: Equatable, Sendable {
    /// The user.
    package var user: UInt32
    /// All groups, the effective one among them.
    package var groups: [UInt32]
    /// The systemd unit; nil where it is not known.
    package var unit: String?

    /// Names a caller.
    package init(user: UInt32, groups: [UInt32], unit: String? = nil) {
        self.user = user
        self.groups = groups
        self.unit = unit
    }
}

/// What a caller would do, as far as a policy looks at it.
///
/// A part is nil where the method has nothing to do with it, so that no rule can narrow it there; it is empty where the
/// method has, and nothing can be named.
package struct PolicyRequest: Equatable, Sendable {
    /// What is known about a file's size.
    package enum Size: Equatable, Sendable {
        /// There is no file.
        case none
        /// It is found out before the file is used.
        case later
        /// The daemon never sees the file.
        case never
        /// So many bytes.
        case bytes(Int64)
    }

    /// The method.
    package var method: String
    /// The profiles, each of which must be allowed.
    package var profiles: [String]?
    /// The Security Center.
    package var servers: [String]?
    /// The upstream call.
    package var call: String?
    /// The target, as ``PolicyTarget`` writes it.
    package var target: String?
    /// Locations of the caller's own, as JSON.
    package var locations: [String]?
    /// The path of a scan by path.
    package var path: String?
    /// The size of the file.
    package var size = Size.none

    /// A request of which nothing but the method matters.
    package init(method: String) {
        self.method = method
    }

    /// What is refused, for the caller who asked for it.
    var summary: String {
        var parts = [method]
        if let profiles {
            parts.append(profiles.count == 1 ? "with profile \(profiles[0])" : "with all profiles")
        }
        if let call { parts.append("of \(call)") }
        if let server = servers?.first { parts.append("on server \(server)") }
        if let target { parts.append("at \(target)") }
        if locations != nil { parts.append("by locations") }
        if let path { parts.append("of \(path)") }
        if case .bytes(let count) = size { parts.append("of \(count) bytes") }
        return parts.joined(separator: " ")
    }
}
