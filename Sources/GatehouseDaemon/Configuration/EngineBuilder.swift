// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
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
        if value["tls"] != nil, !isICAP { source.refuse(steps + ["tls"], "not a key of engine \(engine)") }
        guard let target = target(&source) else { return nil }
        let trust = target.isEncrypted ? UpstreamBuilder(value: value, steps: steps).trust(&source) : nil
        checkEncryption(target, &source)
        // What is to be encrypted is never sent otherwise.
        guard trust != nil || !target.isEncrypted else { return nil }
        return EngineConfiguration(
            address: target.address,
            trust: trust,
            service: target.service,
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

    private func checkEncryption(_ target: Target, _ source: inout ConfigurationSource) {
        let mayBePlaintext = value["plaintext"]?.bool == true
        if target.isEncrypted {
            guard mayBePlaintext else { return }
            source.refuse(steps + ["plaintext"], "nothing travels in clear text to an icaps:// address")
        } else {
            if isICAP, value["tls"] != nil {
                source.refuse(steps + ["tls"], "needs an address that begins with icaps://; this one is clear text")
            }
            guard !target.address.isLocal, !mayBePlaintext else { return }
            let way = isICAP ? "use icaps://, or " : ""
            source.refuse(
                steps + ["url"],
                "files would travel to another host in clear text; \(way)if they may, say so with 'plaintext: true'"
            )
        }
    }

    private struct Target {
        var address: EngineAddress
        var service: String?
        var isEncrypted = false
    }

    private func target(_ source: inout ConfigurationSource) -> Target? {
        let socket = value["socket"]?.string
        if let socket, socket.utf8.count > UnixSocket.maximumPathBytes {
            source.refuse(steps + ["socket"], "a socket's path has at most \(UnixSocket.maximumPathBytes) bytes")
        }
        guard let url = value["url"]?.string else {
            guard !isICAP else {
                source.refuse(steps + ["url"], "missing; engine icap needs it, with 'socket' too: it names the service")
                return nil
            }
            guard let socket else {
                source.refuse(steps, "needs 'socket', or 'url' for a clamd on a TCP port")
                return nil
            }
            return Target(address: .unix(path: socket))
        }
        if !isICAP, socket != nil {
            source.refuse(steps + ["url"], "either 'socket' or 'url', not both")
            return nil
        }
        do {
            let url = try EngineURL(url, isICAP: isICAP)
            if url.isEncrypted, socket != nil {
                source.refuse(steps + ["socket"], "not with an icaps:// address: a Unix socket needs no TLS")
                return nil
            }
            return Target(
                address: socket.map { .unix(path: $0) } ?? .host(url.host, port: url.port),
                service: url.service,
                isEncrypted: url.isEncrypted
            )
        } catch {
            source.refuse(steps + ["url"], error.message)
            return nil
        }
    }
}
