// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseDaemon
import Testing

/// Security Centers in `gatehouse.yaml`.
@Suite struct ServerTests {
    private static let head = "credentialsDirectory: /etc/gatehouse/credentials\n"

    private static func text(_ lines: String...) -> String {
        head + "servers:\n  main:\n" + lines.map { "    \($0)\n" }.joined()
    }

    @Test func `a server needs no profile beside it, and has its defaults`() throws {
        let text = Self.text("url: https://ksc.example.com:13299/", "account: {user: api, password: ksc-password}")
        let configuration = try Scratch().load(text).configuration
        #expect(configuration.profiles.isEmpty)
        #expect(configuration.defaultProfile == nil)
        let server = try #require(configuration.servers["main"])
        #expect(server.url == "https://ksc.example.com:13299")
        #expect(server.account == .password(.init(user: "api", password: "ksc-password")))
        #expect(server.trust == .system)
        #expect(server.sessionSeconds == 180)
        #expect(server.virtualServer == "")
    }

    @Test func `every key of an account counts`() throws {
        let account = "account: {user: op, password: p, domain: CORP, domainEncoding: base64, totp: t}"
        let text = Self.text("url: https://k", account, "virtualServer: Branch", "sessionSeconds: 60")
        let server = try #require(try Scratch().load(text).configuration.servers["main"])
        let expected = ServerConfiguration.PasswordAccount(
            user: "op",
            password: "p",
            domain: "CORP",
            isDomainEncoded: true,
            totp: "t"
        )
        #expect(server.account == .password(expected))
        #expect(server.virtualServer == "Branch")
        #expect(server.sessionSeconds == 60)
    }

    @Test(arguments: [("webToken", ServerConfiguration.Account.webToken("t")), ("oneTimeToken", .oneTimeToken("t"))])
    func `a token stands in the place of a user`(key: String, account: ServerConfiguration.Account) throws {
        let text = Self.text("url: https://k", "account: {\(key): t}")
        #expect(try Scratch().load(text).configuration.servers["main"]?.account == account)
    }

    @Test(
        arguments: [
            (
                "account: {user: a, password: p, webToken: t}",
                "gatehouse.yaml:5: servers.main.account: needs exactly one"
            ),
            ("account: {password: p}", "gatehouse.yaml:5: servers.main.account: needs exactly one"),
            ("account: {user: a}", "gatehouse.yaml:5: servers.main.account.password: missing"),
            (
                "account: {user: a, password: p, internal: true, domain: d}",
                "servers.main.account.domain: an account of"
            ),
            ("account: {user: a, password: p, domainEncoding: utf8}", "servers.main.account.domainEncoding: must be"),
            ("account: a", "servers.main.account: must be"),
        ]
    )
    func `a faulty account is named with its line`(line: String, fault: String) throws {
        let faults = try Scratch().faults(of: Self.text("url: https://k", line))
        #expect(faults.contains { $0.contains(fault) }, "\(faults)")
    }

    @Test(arguments: ["http://k", "https://k/api/v1.0", "https://u:p@k", "https://"])
    func `an address that is none of an Open API is refused`(url: String) throws {
        let faults = try Scratch().faults(of: Self.text("url: \(url)", "account: {user: a, password: p}"))
        #expect(faults.contains { $0.hasPrefix("gatehouse.yaml:4: servers.main.url: must") }, "\(faults)")
        #expect(!faults.joined().contains("u:p"))
    }

    @Test func `a configuration with neither profiles nor servers is refused`() throws {
        #expect(try Scratch().faults(of: Self.head).contains { $0.contains("a daemon needs profiles or servers") })
    }
}
