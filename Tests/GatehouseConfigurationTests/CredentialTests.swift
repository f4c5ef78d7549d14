// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehouseDaemon
import GatehousePlatform
import Testing

struct CredentialTests {
    private func store(_ scratch: Scratch) -> CredentialStore {
        CredentialStore(configured: scratch.path, environment: [:])
    }

    @Test(arguments: [
        ("hunter2", "hunter2"), ("hunter2\n", "hunter2"), ("hunter2\n\n", "hunter2\n"), (" x ", " x "), ("\nx", "\nx"),
        ("hunter2\r\n", "hunter2"), ("hunter2\r", "hunter2\r"), ("hunter2\n\r\n", "hunter2\n"),
    ])
    func `one line break at the end is not part of a credential`(content: String, secret: String) throws {
        let scratch = try Scratch()
        try scratch.write("key", content)
        let credential = try store(scratch).read("key")
        #expect(credential.secret.isEqual(to: Secret(secret)))
        #expect(!credential.isWorldReadable)
    }

    @Test func `a faulty credential is named by its file, never by its content`() throws {
        let scratch = try Scratch()
        try scratch.write("empty", "")
        try scratch.write("blank", "\n")
        try scratch.write("windows", "\r\n")
        try scratch.write("large", String(repeating: "hunter2", count: 10_000))
        try FileManager.default.createDirectory(atPath: scratch.path + "/folder", withIntermediateDirectories: false)
        let path = scratch.path
        let expected = [
            "missing": "there is no credential file of this name in \(path)",
            String(repeating: "hunter2", count: 40):
                "the credential file of this name in \(path) cannot be read: File name too long",
            "empty": "the credential file \(path)/empty is empty",
            "blank": "the credential file \(path)/blank is empty",
            "windows": "the credential file \(path)/windows is empty",
            "large": "the credential file \(path)/large cannot be read: larger than 65536 bytes",
            "folder": "the credential file \(path)/folder cannot be read: not a regular file",
            "../x": "is not the plain name of a file", ".x": "is not the plain name of a file",
            "": "is not the plain name of a file",
        ]
        for (name, message) in expected {
            let fault = #expect(throws: CredentialStore.Fault.self) { try store(scratch).read(name) }
            #expect(fault?.message == message)
        }
    }

    @Test func `what systemd passes wins, under either of its names`() throws {
        let scratch = try Scratch()
        let other = try Scratch()
        try scratch.write("gatehouse_a", "from-folder")
        try scratch.write("a", "single")
        try scratch.write("b", "single")
        try other.write("a", "configured")
        try other.write("c", "configured")
        let store = CredentialStore(configured: other.path, environment: ["CREDENTIALS_DIRECTORY": scratch.path])
        #expect(store.origin == .systemd)
        #expect(try store.read("a").secret.isEqual(to: Secret("from-folder")))
        #expect(try store.read("b").secret.isEqual(to: Secret("single")))
        let fault = #expect(throws: CredentialStore.Fault.self) { try store.read("c") }
        #expect(
            fault?.message
                == "there is no credential file of this name in \(scratch.path), neither with gatehouse_ before it nor without"
        )
        for empty in ["", "relative"] {
            let store = CredentialStore(configured: other.path, environment: ["CREDENTIALS_DIRECTORY": empty])
            #expect(try store.read("a").secret.isEqual(to: Secret("configured")))
        }
    }

    @Test func `a control character is a fault where no header could carry it, and noted elsewhere`() throws {
        let scratch = try Scratch()
        try scratch.write("gicar-secret", "hunt\ner2\n")
        try scratch.write("ibm-client-id", "id\r\r\n")
        let loaded = try scratch.load(Scratch.minimal().replacing("/nowhere", with: scratch.path))
        let report = loaded.credentialReport()
        #expect(
            report.faults.map(\.description) == [
                "\(scratch.path)/gatehouse.yaml:8: profiles.pro.apiClientId: the credential file \(scratch.path)/ibm-client-id holds a line break or another control character, which no header can carry"
            ]
        )
        #expect(
            report.notices == [
                "\(scratch.path)/gatehouse.yaml:7: profiles.pro.clientSecret: \(scratch.path)/gicar-secret holds a line break or another control character; is it meant?"
            ]
        )
        guard case .spe(let profile)? = loaded.configuration.profiles["pro"]?.engine else {
            Issue.record("no SPE profile")
            return
        }
        #expect(throws: ConfigurationFault.self) { try loaded.credentials(of: profile, named: "pro") }
    }

    @Test func `a fault names the key and its line, a notice the file that all may read`() throws {
        let scratch = try Scratch()
        try scratch.write("gicar-secret", "hunter2\n", mode: 0o644)
        let loaded = try scratch.load(Scratch.minimal().replacing("/nowhere", with: scratch.path))
        let report = loaded.credentialReport()
        #expect(
            report.faults.map(\.description) == [
                "\(scratch.path)/gatehouse.yaml:8: profiles.pro.apiClientId: there is no credential file of this name in \(scratch.path)"
            ]
        )
        #expect(
            report.notices == [
                "\(scratch.path)/gatehouse.yaml:7: profiles.pro.clientSecret: every user may read \(scratch.path)/gicar-secret; chmod 0600 or 0640 stops that"
            ]
        )
        let profile = try #require(loaded.configuration.profiles["pro"]?.spe)
        #expect(throws: ConfigurationFault.self) { try loaded.credentials(of: profile, named: "pro") }
        try scratch.write("ibm-client-id", "id")
        let credentials = try loaded.credentials(of: profile, named: "pro")
        #expect(credentials.clientSecret.isEqual(to: Secret("hunter2")))
        #expect(credentials.apiClientID.isEqual(to: Secret("id")))
        #expect(!"\(credentials) \(report)".contains("hunter2"))
    }

    /// They were once told only after everything else had been put right.
    @Test func `a check names the credentials that are missing beside every other fault`() throws {
        let scratch = try Scratch()
        try scratch.write("ibm-client-id", "id")
        let text = """
            credentialsDirectory: \(scratch.path)
            profiles:
              pro:
                engine: spe
                environment: pro
                urls: {token: "http://a", requestToken: "https://b", scanFile: "https://c"}
                clientId: my-application
                clientSecret: gicar-secret
                apiClientId: ibm-client-id
                dropOff: {above: 1MiB, remote: /files, sftp: {host: h, user: u, privateKey: sftp-key, hostKey: "x"}}
            servers:
              main:
                url: https://ksc
                account: {user: api, password: ksc-password, totp: ksc-totp}
                tls: {caFile: /nowhere}
              other: {url: "https://ksc", account: {webToken: web-token}}
              third: {url: "https://ksc", account: {oneTimeToken: one-time-token}}
            limits: {foo: 1}
            """
        let faults = try scratch.faults(of: text, readingCredentials: true)
        for (line, key) in [
            (8, "profiles.pro.clientSecret"), (10, "profiles.pro.dropOff.sftp.privateKey"),
            (14, "servers.main.account.password"), (14, "servers.main.account.totp"),
            (16, "servers.other.account.webToken"), (17, "servers.third.account.oneTimeToken"),
        ] {
            let fault = "gatehouse.yaml:\(line): \(key): there is no credential file of this name in \(scratch.path)"
            #expect(faults.contains(fault), "\(fault) in \(faults)")
        }
        #expect(faults.count { $0.contains("there is no credential file") } == 6)
        #expect(faults.contains { $0.contains("limits.foo") } && faults.contains { $0.contains("urls.token") })
        #expect(try scratch.faults(of: text).contains { $0.contains("credential file") } == false)
    }

    @Test func `the folder of systemd is enough`() throws {
        let scratch = try Scratch()
        let text = Scratch.minimal().replacing("credentialsDirectory: /nowhere\n", with: "")
        #expect(
            try scratch.faults(of: text) == [
                "gatehouse.yaml:1: credentialsDirectory: missing, and systemd passes no credentials"
            ]
        )
        #expect(
            try scratch.load(text, environment: ["CREDENTIALS_DIRECTORY": scratch.path]).credentials.origin == .systemd
        )
    }
}
