// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// An engine's address: `tcp://host:port` for clamd, `icap://host[:port]/service` for ICAP (RFC 3507, section 4.2), or
/// `icaps://` for ICAP over TLS.
struct EngineURL {
    let host: String
    let port: UInt16
    /// The whole in the form that a request names, which knows no other scheme than `icap`; nil for clamd.
    let service: String?
    let isEncrypted: Bool

    /// Reads an address.
    init(_ text: String, isICAP: Bool) throws(WebAddress.Fault) {
        isEncrypted = isICAP && text.lowercased().hasPrefix("icaps://")
        let scheme = isEncrypted ? "icaps" : isICAP ? "icap" : "tcp"
        // A service may have a query: SPE's is AVSCAN?action=SCAN.
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let address = try WebAddress(String(parts.first ?? ""), scheme: scheme).text.dropFirst(scheme.count + 3)
        let authority = address.prefix { $0 != "/" }
        let path = address.dropFirst(authority.count)
        let query = parts.count > 1 ? "?" + parts[1] : ""
        guard query.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw WebAddress.Fault(message: "must be ASCII without blanks and fragment")
        }
        let (host, given) = Self.split(authority)
        // The port of ICAP over TLS is a convention (RFC 3507 has none).
        guard let port = given ?? (isEncrypted ? 11344 : isICAP ? 1344 : nil) else {
            throw WebAddress.Fault(message: "must name a port: clamd has no usual one")
        }
        guard isICAP ? path.count > 1 : path.isEmpty && query.isEmpty else {
            throw WebAddress.Fault(message: isICAP ? "must name a service, such as /AVSCAN" : "must have no path")
        }
        self.host = host
        self.port = port
        // Without a port it would be that of clear text.
        let named = isEncrypted && given == nil ? "\(authority):\(port)" : String(authority)
        service = isICAP ? "icap://\(named)\(path)\(query)" : nil
    }

    /// The host without brackets and the port, of an authority that was checked.
    private static func split(_ authority: Substring) -> (String, UInt16?) {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            let rest = authority[authority.index(after: end)...]
            return (String(authority.dropFirst().prefix { $0 != "]" }), UInt16(rest.dropFirst()))
        }
        guard let colon = authority.firstIndex(of: ":") else { return (String(authority), nil) }
        return (String(authority[..<colon]), UInt16(authority[authority.index(after: colon)...]))
    }
}
