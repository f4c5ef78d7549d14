// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehouseAPI
import GatehouseAntivirus
import GatehouseDaemon
import GatehouseWire
import Testing

struct ConfigurationTests {
    @Test func `the least configuration has every default filled in`() throws {
        let loaded = try Scratch().load(Scratch.minimal())
        let profile = try #require(loaded.configuration.profiles["pro"]?.spe)
        #expect(loaded.configuration.defaultProfile == "pro")
        #expect(profile.scanFileURL == "https://ctti.apim.intranet.gencat.cat/ctti/privat/2669/api-scan-file")
        #expect(profile.requestTokenURL == "https://ctti.apim.intranet.gencat.cat/ctti/privat/2669/api-request-token")
        #expect(
            profile.tokenURL.hasPrefix("https://endpointma.autenticaciogicar4.extranet.gencat.cat/realms/gicarcpd4/")
        )
        #expect(profile.clientAuthentication == .body)
        #expect(profile.trust == .system)
        #expect(profile.proxy == nil)
        #expect(loaded.configuration.limits == Limits())
        #expect(loaded.notices == [])
    }

    @Test func `the defaults of the limits are those of the schema`() throws {
        let properties = SchemaLibrary.documents["config.json"]?["$defs"]?["limits"]?["properties"]?.object?.members
        let defaults = try #require(properties).reduce(into: [:]) { $0[$1.name] = $1.value["default"]?.integer }
        #expect(defaults == Limits().values)
    }

    @Test func `own addresses, trust, proxy and limits are taken over`() throws {
        let pin = "sha256:" + String(repeating: "ab", count: 32)
        let text = """
            credentialsDirectory: /nowhere
            defaultProfile: lab
            profiles:
              lab:
                engine: spe
                urls: {token: "https://localhost:8443/token", requestToken: "https://[::1]:8444/a/", scanFile: "HTTPS://h/b//"}
                clientId: lab
                clientSecret: s
                apiClientId: i
                clientAuthentication: basic
                tls: {pinnedCertificate: "\(pin)"}
                proxy: http://proxy.example.com:3128
              other: {engine: spe, environment: pre, clientId: a, clientSecret: s, apiClientId: i, tls: {pinnedPublicKey: "\(pin)"}}
            limits: {messageBytes: 1MiB, outputBytes: 65536, uploads: 3}
            """
        let configuration = try Scratch().load(text).configuration
        let profile = try #require(configuration.profiles["lab"]?.spe)
        #expect(profile.requestTokenURL == "https://[::1]:8444/a")
        #expect(profile.scanFileURL == "HTTPS://h/b")
        #expect(profile.clientAuthentication == .basic)
        #expect(profile.trust == SHA256Pin(pin).map { .certificate($0) })
        #expect(profile.proxy == "http://proxy.example.com:3128")
        #expect(configuration.profiles["other"]?.spe?.trust == SHA256Pin(pin).map { .publicKey($0) })
        #expect(configuration.profiles["other"]?.spe?.tokenURL.hasPrefix("https://preproduccio.endpointma.") == true)
        #expect(configuration.limits.messageBytes == 1 << 20)
        #expect(configuration.limits.outputBytes == 65536)
        #expect(configuration.limits.uploads == 3)
    }

    static let faulty: [(String, [String])] = [
        (
            Scratch.minimal("    engin: x"),
            ["gatehouse.yaml:9: profiles.pro.engin: unknown key; did you mean 'engine'?"]
        ),
        (
            "profile: {}",
            [
                "gatehouse.yaml:1: profile: unknown key; did you mean 'profiles'?",
                "gatehouse.yaml:1: profiles: missing; a daemon needs profiles or servers",
                "gatehouse.yaml:1: credentialsDirectory: missing, and systemd passes no credentials",
            ]
        ),
        ("just text", ["gatehouse.yaml:1: must be a mapping, not a string"]),
        ("credentialsDirectory: /c\nprofiles: {}", ["gatehouse.yaml:2: profiles: must have at least 1 keys"]),
        (
            "credentialsDirectory: c\nprofiles:\n  a: {engine: sep}",
            [
                "gatehouse.yaml:1: credentialsDirectory: must be a path that starts with '/', without '.', '..' and control characters",
                "gatehouse.yaml:3: profiles.a.engine: must be one of 'spe', 'clamd' or 'icap'; did you mean 'spe'?",
            ]
        ),
        (
            "credentialsDirectory: /c\nprofiles:\n  a:\n    engine: spe\n    clientId:",
            [
                "gatehouse.yaml:3: profiles.a.clientSecret: missing; engine spe needs it",
                "gatehouse.yaml:3: profiles.a.apiClientId: missing; engine spe needs it",
                "gatehouse.yaml:3: profiles.a: needs 'environment' (pre or pro) or 'urls'",
                "gatehouse.yaml:5: profiles.a.clientId: must be a string of 1 to 256 characters, not nothing",
            ]
        ),
        (
            Scratch.minimal("    urls: {token: http://x, requestToken: https://u:hunter2@h, scanFile: https://}"),
            [
                "gatehouse.yaml:9: profiles.pro.urls: either 'environment' or 'urls', not both",
                "gatehouse.yaml:9: profiles.pro.urls.token: must start with https://",
                "gatehouse.yaml:9: profiles.pro.urls.requestToken: must have no user and password; what it held should be changed now",
                "gatehouse.yaml:9: profiles.pro.urls.scanFile: must name a host, and a port from 1 to 65535 if any",
            ]
        ),
        (
            Scratch.minimal("    tls: {caFile: /nowhere/ca.pem}\n    proxy: https://x:3128"),
            [
                "gatehouse.yaml:9: profiles.pro.tls.caFile: the file cannot be read: No such file or directory",
                "gatehouse.yaml:10: profiles.pro.proxy: must start with http://",
            ]
        ),
        (
            Scratch.minimal("    tls:\n      caFile: /dev/null\n      pinnedCertificate: sha256:00"),
            [
                "gatehouse.yaml:9: profiles.pro.tls: must have exactly one of 'caFile', 'pinnedPublicKey' and 'pinnedCertificate'",
                "gatehouse.yaml:11: profiles.pro.tls.pinnedCertificate: must be \"sha256:\" and 64 hexadecimal digits or the same in base64",
            ]
        ),
        (
            Scratch.minimal("    tls: {caFile: /dev/null}"),
            ["gatehouse.yaml:9: profiles.pro.tls.caFile: the file cannot be read: not a regular file"]
        ),
        (
            Scratch.minimal("    tls: {verify: false}"),
            [
                "gatehouse.yaml:9: profiles.pro.tls.verify: unknown key; known are 'caFile', 'pinnedPublicKey' and 'pinnedCertificate'"
            ]
        ),
        (
            Scratch.minimal("    tls: {}"),
            [
                "gatehouse.yaml:9: profiles.pro.tls: must have exactly one of 'caFile', 'pinnedPublicKey' and 'pinnedCertificate'"
            ]
        ),
        (
            Scratch.minimal("    socket: /x\n    clientAuthentication: header"),
            [
                "gatehouse.yaml:9: profiles.pro.socket: not a key of engine spe",
                "gatehouse.yaml:10: profiles.pro.clientAuthentication: must be one of 'body' or 'basic'",
            ]
        ),
        (
            Scratch.minimal("  local: {engine: clamd, socket: /run/clamav/clamd.ctl}\ndefaultProfile: pre"),
            [
                "gatehouse.yaml:10: defaultProfile: there is no profile of this name"
            ]
        ),
        (
            Scratch.minimal("  b c: {engine: icap}"),
            [
                "gatehouse.yaml:1: defaultProfile: missing; it is needed when there are several profiles",
                "gatehouse.yaml:9: profiles.b c: a profile's name is 1 to 64 letters, digits, '.', '_' and '-'",
                "gatehouse.yaml:9: profiles.b c.url: missing; engine icap needs it, with 'socket' too: it names the service",
            ]
        ),
        (
            Scratch.minimal("policy: [{uid: 33}]"),
            ["gatehouse.yaml:9: policy[0].methods: missing, but required; must be a list"]
        ),
        (
            Scratch.minimal("limits: {uploads: 0, messageBytes: 1, nestin: 9, outputBytes: 15M}"),
            [
                "gatehouse.yaml:9: limits.uploads: must be an integer from 1 to 1024",
                "gatehouse.yaml:9: limits.nestin: unknown key; did you mean 'nesting'?",
                "gatehouse.yaml:9: limits.outputBytes: must be a size such as 15MiB or a whole number of bytes",
                "gatehouse.yaml:9: limits.messageBytes: must be from 64KiB to 1GiB",
            ]
        ),
        (
            Scratch.minimal("limits: {messageBytes: 9000000000000000000, heldBytesPerUid: 1GiB}"),
            [
                "gatehouse.yaml:9: limits.messageBytes: must be from 64KiB to 1GiB",
                "gatehouse.yaml:9: limits.heldBytesPerUid: must be twice messageBytes at least, and outputBytes: 2147483648",
            ]
        ),
        (
            Scratch.minimal("limits: {messageBytes: -9223372036854775808}"),
            [
                "gatehouse.yaml:9: limits.messageBytes: must be a size such as 15MiB or a whole number of bytes",
                "gatehouse.yaml:9: limits.messageBytes: must be from 64KiB to 1GiB",
            ]
        ),
        (
            Scratch.minimal("limits: {outputBytes: -9223372036854775808, heldBytesPerUid: -9223372036854775808}"),
            [
                "gatehouse.yaml:9: limits.outputBytes: must be a size such as 15MiB or a whole number of bytes",
                "gatehouse.yaml:9: limits.heldBytesPerUid: must be a size such as 15MiB or a whole number of bytes",
                "gatehouse.yaml:9: limits.outputBytes: must be from 64KiB to 1GiB",
                "gatehouse.yaml:9: limits.heldBytesPerUid: must be from 1MiB to 1024GiB",
                "gatehouse.yaml:9: limits.heldBytesPerUid: must be twice messageBytes at least, and outputBytes: 8388608",
            ]
        ),
        (
            Scratch.minimal("limits: {heldBytes: 5MiB}"),
            ["gatehouse.yaml:9: limits.heldBytes: must be twice messageBytes at least, and outputBytes: 8388608"]
        ),
        (
            Scratch.minimal("    clientId: b"),
            ["gatehouse.yaml:9: profiles.pro.clientId: this key stands already in line 6"]
        ),
        (
            Scratch.minimal("    proxy: 'x"),
            [
                "gatehouse.yaml:9: not valid YAML while scanning a quoted scalar: found unexpected end of stream"
            ]
        ),
    ]

    @Test(arguments: faulty)
    func `every fault is named with its key and line at once`(text: String, expected: [String]) throws {
        #expect(try Scratch().faults(of: text) == expected)
    }

    @Test(
        arguments: [
            ("http://h/x", "must start with https://"), ("ftp://h", "must start with https://"),
            ("h/x", "must start with https://"),
            ("https:///x", "must name a host, and a port from 1 to 65535 if any"),
            ("https://", "must name a host, and a port from 1 to 65535 if any"),
            ("https://h:0", "must name a host, and a port from 1 to 65535 if any"),
            ("https://h:65536", "must name a host, and a port from 1 to 65535 if any"),
            ("https://h:-1", "must name a host, and a port from 1 to 65535 if any"),
            ("https://[::1", "must name a host, and a port from 1 to 65535 if any"),
            ("https://[::1]x", "must name a host, and a port from 1 to 65535 if any"),
            ("https://u:hunter2@h/x", "must have no user and password; what it held should be changed now"),
            ("https://h/x?secret=hunter2", "must have no query and no fragment"),
            ("https://h/#a", "must have no query and no fragment"),
            ("https://h/a b", "must be ASCII without blanks and backslashes"),
            ("https://h\\\\@evil/", "must be ASCII without blanks and backslashes"),
            ("https://hé/", "must be ASCII without blanks and backslashes"),
        ]
    )
    func `an address that is no plain https address is refused`(address: String, message: String) throws {
        let text = """
            credentialsDirectory: /c
            profiles:
              a:
                engine: spe
                urls: {token: "https://h", requestToken: "https://h", scanFile: "\(address)"}
                clientId: c
                clientSecret: s
                apiClientId: i
            """
        #expect(try Scratch().faults(of: text) == ["gatehouse.yaml:5: profiles.a.urls.scanFile: \(message)"])
    }

    @Test func `what cannot be read as a file is named`() throws {
        let scratch = try Scratch()
        func message(_ path: String) -> String? {
            guard case .failure(let faults) = Configuration.load(path: path, environment: [:]) else { return nil }
            return faults.description
        }
        #expect(message("/nowhere/x.yaml") == "/nowhere/x.yaml: cannot be read: No such file or directory")
        #expect(message(scratch.path) == "\(scratch.path): cannot be read: not a regular file")
        #expect(message("/dev/zero") == "/dev/zero: cannot be read: not a regular file")
        #expect(mkfifo(scratch.path + "/pipe", 0o600) == 0)
        #expect(message(scratch.path + "/pipe") == "\(scratch.path)/pipe: cannot be read: not a regular file")
        let large = try scratch.write("large.yaml", String(repeating: "#", count: (1 << 20) + 1))
        #expect(message(large) == "\(large): cannot be read: larger than 1048576 bytes")
    }

    @Test func `the whole example of the contract is understood`() throws {
        let scratch = try Scratch()
        let pin = "sha256:" + String(repeating: "0f", count: 32)
        let pem = "-----BEGIN CERTIFICATE-----\n"
        let authority = try scratch.write("ca.pem", pem)
        let text = """
            credentialsDirectory: /etc/gatehouse/credentials
            defaultProfile: pro
            profiles:
              pro:
                engine: spe
                environment: pro
                clientId: my-application
                clientSecret: gicar-secret
                apiClientId: ibm-client-id
                clientAuthentication: body
                plan: {perMinute: 100, perHour: 1000}
                sharedPaths: [/files2scan]
                pathMaps: [{local: /mnt/share, remote: /files2scan}]
                dropOff: {above: 15MiB, remote: /files2scan, sftp: {host: h, user: u, privateKey: sftp-key, hostKey: "SHA256:\(String(pin.dropFirst(7)))"}}
                definitions: {warnAfterDays: 15, refuseAfterDays: 60}
                tls: {caFile: \(authority)}
                proxy: ""
            servers:
              main:
                url: https://ksc.example.com:13299
                account: {user: api, password: ksc-password, internal: true}
                tls: {pinnedCertificate: "\(pin)"}
            limits: {connectionsPerUid: 1024}
            """
        let loaded = try scratch.load(text)
        #expect(loaded.notices.isEmpty)
        #expect(loaded.configuration.servers["main"]?.url == "https://ksc.example.com:13299")
        #expect(loaded.configuration.profiles["pro"]?.spe?.plan?.perHour == 1000)
        #expect(loaded.configuration.profiles["pro"]?.verdicts.definitions.refuseAfterDays == 60)
        #expect(loaded.configuration.profiles["pro"]?.verdicts.cache == nil)
        #expect(loaded.configuration.profiles["pro"]?.spe?.folders.resolve("/mnt/share/a")?.text == "/files2scan/a")
        #expect(loaded.configuration.profiles["pro"]?.spe?.trust == .certificateAuthorities(pem: Array(pem.utf8)))
        let more = """
            policy:
              - {group: www-data, methods: [scanFile, tokenStatus], profiles: [pro], maxBytes: 200MiB}
              - {group: gatehouse-admin, methods: ["*"], servers: [main], calls: ["Nag*.*"], targets: ["*"]}
            """
        let local = text.replacing(
            "servers:",
            with: "  local: {engine: clamd, socket: /run/clamav/clamd.ctl}\nservers:"
        )
        let clamd = try scratch.load(local).configuration.profiles["local"]?.engine
        #expect(clamd == .clamd(EngineConfiguration(address: .unix(path: "/run/clamav/clamd.ctl"))))
        #expect(try scratch.faults(of: local + "\n" + more).isEmpty)
        let rules = try scratch.load(text + "\n" + more).configuration.policy?.rules
        #expect(rules?.map(\.maximumBytes) == [200 << 20, nil])
        #expect(rules?.map { $0.group?.name } == ["www-data", "gatehouse-admin"])
    }

    @Test(
        arguments: [
            "    clientSecret: [hunter2]", "    clientSecret: hunter2/x", "    clientSecret: .hunter2",
            "    clientSecret: {hunter2: x}x",
            "    proxy: http://u:hunter2@p", "    tls: hunter2", "    environment: hunter2",
            "    clientAuthentication: hunter2",
            "    tls: {pinnedPublicKey: hunter2}", "    plan: hunter2", "limits: hunter2", "    \"hunter2",
            "    x: &hunter2 y",
            "    x: !hunter2 y", "    x: *hunter2", "    sharedPaths: [hunter2]", "defaultProfile: hunter2",
        ]
    )
    func `no fault holds a value of the file`(line: String) throws {
        let scratch = try Scratch()
        let text = Scratch.minimal().replacing(
            "    clientSecret: gicar-secret",
            with: line.hasPrefix("    clientS") ? "" : "    clientSecret: s"
        )
        let faults = try scratch.faults(of: text + "\n" + line)
        #expect(!faults.isEmpty)
        #expect(!faults.joined().contains("hunter2"))
    }
}
