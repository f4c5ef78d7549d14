// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What the audit can keep of a call's params besides the profile; `docs/logging.md` says what each one holds.
package enum AuditDetail: String, Sendable, CaseIterable {
    /// The name that the caller gave to a file.
    case name
    /// A Security Center.
    case server
    /// The secondaries on the way.
    case via
    /// The end of a route.
    case target
    /// What is called there, as `Class.Method`.
    case call
    /// The beginning of a gateway's handle: it tells gateways apart, and the whole would let whoever reads the log use one.
    case gateway
    /// The file that is scanned by its path.
    case path
    /// What is fetched.
    case source
    /// Where a file goes.
    case destination
    /// What hosts are searched by.
    case filter
    /// The name of a host that is searched.
    case host
    /// What somebody subscribes to.
    case topics

    /// The value as it is kept: short, whatever the caller sent.
    func kept(of text: String) -> String {
        let most = self == .gateway ? 8 : 256
        // Scalars: a single character may be as long as a message.
        return text.utf8.count <= most ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(most)))
    }
}
