// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehouseDaemon
import Testing

/// Profiles of the engines that the daemon talks to itself.
struct EngineTests {
    private static func file(_ keys: String) -> String {
        "profiles:\n  local: {\(keys)}\n"
    }

    @Test(arguments: [
        ("engine: clamd, socket: /run/c", EngineAddress.unix(path: "/run/c"), nil),
        ("engine: clamd, url: 'tcp://127.0.0.1:3310'", .host("127.0.0.1", port: 3310), nil),
        ("engine: clamd, url: 'tcp://[::1]:3310/'", .host("::1", port: 3310), nil),
        ("engine: clamd, url: 'tcp://av.example.com:1', plaintext: true", .host("av.example.com", port: 1), nil),
        (
            "engine: icap, url: 'icap://localhost/AVSCAN?action=SCAN'", .host("localhost", port: 1344),
            "icap://localhost/AVSCAN?action=SCAN"
        ),
        (
            "engine: icap, socket: /run/i, url: 'icap://localhost:99/av'", .unix(path: "/run/i"),
            "icap://localhost:99/av"
        ),
        (
            "engine: icap, url: 'icaps://av.example.com/x'", .host("av.example.com", port: 11344),
            "icap://av.example.com:11344/x"
        ),
        ("engine: icap, url: 'ICAPS://[::1]:99/x?y', plaintext: false", .host("::1", port: 99), "icap://[::1]:99/x?y"),
    ])
    func `an engine needs an address and no credentials`(
        _ keys: String,
        _ address: EngineAddress,
        _ service: String?
    ) throws {
        let profile = try #require(try Scratch().load(Self.file(keys)).configuration.profiles["local"])
        switch profile.engine {
        case .clamd(let engine), .icap(let engine):
            #expect(engine.address == address)
            #expect(engine.service == service)
            #expect(engine.accepted.isEmpty)
        case .spe: Issue.record("it is the Antivirus API")
        }
        #expect(profile.credentials.isEmpty)
    }

    @Test func `an engine is trusted as other servers are, where it is reached by TLS`() throws {
        func trust(_ keys: String) throws -> TrustConfiguration? {
            guard
                case .icap(let engine)? = try Scratch().load(Self.file("engine: icap, \(keys)"))
                    .configuration.profiles["local"]?.engine
            else { return nil }
            return engine.trust
        }
        let pin = "sha256:" + String(repeating: "0a", count: 32)
        #expect(try trust("url: 'icap://127.0.0.1/x'") == nil)
        #expect(try trust("url: 'icaps://h/x'") == .system)
        #expect(
            try trust("url: 'icaps://h/x', tls: {pinnedCertificate: '\(pin)'}")
                == SHA256Pin(pin).map { .certificate($0) }
        )
        #expect(
            try trust("url: 'icaps://h/x', tls: {pinnedPublicKey: '\(pin)'}") == SHA256Pin(pin).map { .publicKey($0) }
        )
    }

    @Test func `what is accepted and how much is scanned is as configured`() throws {
        let keys = "engine: clamd, socket: /s, accepts: [encrypted, nested], maxBytes: 25MiB"
        let engine = try Scratch().load(Self.file(keys)).configuration.profiles["local"]?.engine
        let expected = EngineConfiguration(
            address: .unix(path: "/s"),
            accepted: [.encrypted, .nested],
            maximumBytes: 25 << 20
        )
        #expect(engine == .clamd(expected))
    }

    @Test(arguments: [
        ("engine: clamd", "", "needs 'socket', or 'url' for a clamd on a TCP port"),
        (
            "engine: clamd, socket: /" + String(repeating: "s", count: 107), ".socket",
            "a socket's path has at most 107 bytes"
        ),
        ("engine: clamd, socket: /s, url: 'tcp://127.0.0.1:1'", ".url", "either 'socket' or 'url', not both"),
        ("engine: clamd, url: 'tcp://127.0.0.1'", ".url", "must name a port: clamd has no usual one"),
        ("engine: clamd, url: 'tcp://127.0.0.1:1/x'", ".url", "must have no path"),
        ("engine: clamd, url: 'icap://127.0.0.1:1'", ".url", "must start with tcp://"),
        ("engine: icap, url: 'icap://127.0.0.1:1'", ".url", "must name a service, such as /AVSCAN"),
        ("engine: icap, url: 'icaps://h'", ".url", "must name a service, such as /AVSCAN"),
        (
            "engine: icap, url: 'icaps://u:p@h/x'", ".url",
            "must have no user and password; what it held should be changed now"
        ),
        ("engine: clamd, url: 'icaps://h/x'", ".url", "must start with tcp://"),
        (
            "engine: icap, url: 'icaps://h/x', plaintext: true", ".plaintext",
            "nothing travels in clear text to an icaps:// address"
        ),
        (
            "engine: icap, socket: /s, url: 'icaps://h/x'", ".socket",
            "not with an icaps:// address: a Unix socket needs no TLS"
        ),
        (
            "engine: icap, url: 'icap://127.0.0.1/x', tls: {caFile: /none}", ".tls",
            "needs an address that begins with icaps://; this one is clear text"
        ),
        (
            "engine: icap, url: 'icaps://h/x', tls: {caFile: /nothing/here}", ".tls.caFile",
            "the file cannot be read: No such file or directory"
        ),
        ("engine: clamd, socket: /s, tls: {caFile: /none}", ".tls", "not a key of engine clamd"),
        (
            "engine: clamd, url: 'tcp://10.0.0.1:3310'", ".url",
            "files would travel to another host in clear text; if they may, say so with 'plaintext: true'"
        ),
        (
            "engine: icap, url: 'icap://av.example.com/x', plaintext: false", ".url",
            "files would travel to another host in clear text; use icaps://, or if they may, say so with 'plaintext: true'"
        ),
        ("engine: clamd, socket: /s, clientId: x", ".clientId", "not a key of engine clamd"),
        ("engine: clamd, socket: /s, environment: pre", ".environment", "not a key of engine clamd"),
        ("engine: clamd, socket: /s, proxy: ''", ".proxy", "not a key of engine clamd"),
        ("engine: clamd, socket: /s, canaries: true", ".canaries", "not a key of engine clamd"),
        (
            "engine: clamd, socket: /s, accepts: [everything]", ".accepts[0]",
            "must be one of 'eicar', 'encrypted' or 'nested'"
        ),
    ])
    func `what an engine cannot have is refused by name`(_ keys: String, _ key: String, _ message: String) throws {
        let faults = try Scratch().faults(of: Self.file(keys))
        #expect(faults.map { String($0.drop { $0 != " " }.dropFirst()) } == ["profiles.local\(key): \(message)"])
    }
}
