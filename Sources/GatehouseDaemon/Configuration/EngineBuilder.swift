// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehouseWire

/// Checks a profile of an engine that the daemon talks to itself, and puts it together.
struct EngineBuilder {
    let name: String
    let engine: String
    let value: JSONValue
    private var steps: [String] { ["profiles", name] }
    private var isICAP: Bool { engine == "icap" }

    /// What belongs to the Antivirus API alone.
    private static let foreign = [
        "environment", "urls", "clientId", "clientSecret", "apiClientId", "clientAuthentication", "plan", "sharedPaths",
        "pathMaps", "dropOff", "proxy", "canaries",
    ]

    /// Builds the engine's settings; nil where a fault leaves nothing to build.
    func build(_ source: inout ConfigurationSource) -> EngineConfiguration? {
        for key in Self.foreign where value[key] != nil {
            source.refuse(steps + [key], "not a key of engine \(engine)")
        }
        if value["tls"] != nil { refuseTLS(&source) }
        if value["definitions"] != nil { source.note(steps + ["definitions"], "not in effect in this version") }
        guard let (address, service) = target(&source) else { return nil }
        if !address.isLocal, value["plaintext"]?.bool != true {
            source.refuse(
                steps + ["url"],
                "files would travel to another host in clear text; if they may, say so with 'plaintext: true'"
            )
        }
        return EngineConfiguration(
            address: address,
            service: service,
            accepted: Self.accepted(value),
            maximumBytes: value["maxBytes"].flatMap { $0.integer ?? $0.string.flatMap { ByteSize($0)?.bytes } }
        )
    }

    /// Whether anything of a configuration but such engines is in it.
    static func needsCredentials(_ root: JSONValue) -> Bool {
        let engines = (root["profiles"]?.object?.members ?? []).map { $0.value["engine"]?.string }
        return root["servers"] != nil || engines.isEmpty || engines.contains { $0 != "clamd" && $0 != "icap" }
    }

    /// The words of `accepts` in a profile.
    static func accepted(_ profile: JSONValue) -> [Canary] {
        (profile["accepts"]?.array ?? []).compactMap { $0.string.flatMap(Canary.init(rawValue:)) }
    }

    private func refuseTLS(_ source: inout ConfigurationSource) {
        source.refuse(
            steps + ["tls"],
            isICAP ? "TLS to an ICAP server is not supported by this version" : "not a key of engine \(engine)"
        )
    }

    private func target(_ source: inout ConfigurationSource) -> (EngineAddress, String?)? {
        let socket = value["socket"]?.string
        guard let url = value["url"]?.string else {
            guard !isICAP else {
                source.refuse(steps + ["url"], "missing; engine icap needs it, with 'socket' too: it names the service")
                return nil
            }
            guard let socket else {
                source.refuse(steps, "needs 'socket', or 'url' for a clamd on a TCP port")
                return nil
            }
            return (.unix(path: socket), nil)
        }
        if !isICAP, socket != nil {
            source.refuse(steps + ["url"], "either 'socket' or 'url', not both")
            return nil
        }
        do {
            let address = try EngineURL(url, isICAP: isICAP)
            return (socket.map { .unix(path: $0) } ?? .host(address.host, port: address.port), address.service)
        } catch {
            source.refuse(steps + ["url"], error.message)
            return nil
        }
    }
}

/// An engine's address: `tcp://host:port` for clamd, `icap://host[:port]/service` for ICAP (RFC 3507, section 4.2).
struct EngineURL {
    let host: String
    let port: UInt16
    /// The whole in the form that a request names; nil for clamd.
    let service: String?

    /// Reads an address.
    init(_ text: String, isICAP: Bool) throws(WebAddress.Fault) {
        if isICAP, text.lowercased().hasPrefix("icaps://") {
            throw WebAddress.Fault(message: "TLS to an ICAP server is not supported by this version")
        }
        let scheme = isICAP ? "icap" : "tcp"
        // A service may have a query: SPE's is AVSCAN?action=SCAN.
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let address = try WebAddress(String(parts.first ?? ""), scheme: scheme).text.dropFirst(scheme.count + 3)
        let authority = address.prefix { $0 != "/" }
        let path = address.dropFirst(authority.count)
        let query = parts.count > 1 ? "?" + parts[1] : ""
        guard query.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw WebAddress.Fault(message: "must be ASCII without blanks and fragment")
        }
        let (host, port) = Self.split(authority)
        guard let port = port ?? (isICAP ? 1344 : nil) else {
            throw WebAddress.Fault(message: "must name a port: clamd has no usual one")
        }
        guard isICAP ? path.count > 1 : path.isEmpty && query.isEmpty else {
            throw WebAddress.Fault(message: isICAP ? "must name a service, such as /AVSCAN" : "must have no path")
        }
        self.host = host
        self.port = port
        service = isICAP ? "icap://\(authority)\(path)\(query)" : nil
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
