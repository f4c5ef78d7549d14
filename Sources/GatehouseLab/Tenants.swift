// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The lab's first servers and those of its tenants.
///
/// A tenant is reached at the same addresses with `/tenant/NAME` before every path, of the control port too. It knows the
/// same accounts, and has faults, tokens, a plan, a clock and counts of its own: many tests can share one lab.
package struct Tenants: Sendable {
    private var first: Laboratory
    private var others: [String: Laboratory] = [:]

    /// No test needs as many, and a client that makes up names must not fill the memory.
    private static let most = 10_000

    /// Starts with the lab's first servers alone.
    package init(_ first: Laboratory) {
        self.first = first
    }

    /// Runs a decision of one tenant's servers, by their clock.
    ///
    /// A name that is new makes a tenant.
    package mutating func decide<Result>(
        for tenant: String?,
        at now: LabInstant,
        _ body: (inout Laboratory, LabInstant) -> Result
    ) -> Result {
        guard let tenant, others[tenant] != nil || others.count < Self.most else {
            return body(&first, now.advanced(byMilliseconds: first.clockOffset))
        }
        if others[tenant] == nil { others[tenant] = first.tenant(tenant) }
        return withLaboratory(tenant) { body(&$0, now.advanced(byMilliseconds: $0.clockOffset)) }
    }

    private mutating func withLaboratory<Result>(_ name: String, _ body: (inout Laboratory) -> Result) -> Result {
        body(&others[name, default: first])
    }

    /// The tenant's name and the rest of a path that begins with `/tenant/NAME/`; else the path alone.
    static func split(_ path: String) -> (tenant: String?, path: String) {
        let prefix = "/tenant/"
        guard path.hasPrefix(prefix) else { return (nil, path) }
        let rest = path.dropFirst(prefix.count)
        guard let slash = rest.firstIndex(of: "/") else { return (nil, path) }
        let name = rest[..<slash]
        let isName =
            (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
        return isName ? (String(name), String(rest[slash...])) : (nil, path)
    }
}
