// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseDaemon
import Testing

/// `policy` of `gatehouse.yaml`.
@Suite struct PolicyTests {
    private static let servers = "servers:\n  main: {url: \"https://k\", account: {user: a, password: p}}\n"

    private static func text(_ rule: String) -> String {
        Scratch.minimal(servers + "policy:\n  - {\(rule)}")
    }

    @Test func `every part of a rule is read`() throws {
        let rule = """
            uid: 0, user: root, gid: 0, group: root, unit: "nginx*.service", methods: [scanFile, "token*"], \
            profiles: [pro], servers: [main], calls: ["Nag*.*", "*"], targets: ["agent:*"], locations: ["*"], \
            sharedPaths: [/in, "*"], maxBytes: 1MiB, rate: {perMinute: 5, perHour: 50}
            """
        let read = try #require(try Scratch().load(Self.text(rule)).configuration.policy?.rules.first)
        var expected = PolicyRule(methods: ["scanFile", "token*"].map(NamePattern.init))
        (expected.uid, expected.gid) = (0, 0)
        (expected.user, expected.group) = (.init(name: "root", number: 0), .init(name: "root", number: 0))
        expected.unit = NamePattern("nginx*.service")
        expected.profiles = [NamePattern("pro")]
        expected.servers = [NamePattern("main")]
        expected.calls = ["Nag*.*", "*"].compactMap(CallPattern.init)
        expected.targets = [NamePattern("agent:*")]
        expected.locations = [NamePattern("*")]
        expected.sharedPaths = [NamePattern("/in"), NamePattern("*")]
        expected.maximumBytes = 1 << 20
        expected.rate = PolicyRate(perMinute: 5, perHour: 50)
        #expect(read == expected)
    }

    @Test(
        arguments: [
            ("methods: [scanFlie]", "policy[0].methods[0]: there is nothing of this name among the methods; they are"),
            ("methods: []", "policy[0].methods: names nothing"),
            ("methods: [\"*\"], profiles: [pre]", "policy[0].profiles[0]: there is nothing of this name among the"),
            ("methods: [\"*\"], servers: [other]", "policy[0].servers[0]: there is nothing of this name among the"),
            ("methods: [\"*\"], calls: [\"Nag*\"]", "policy[0].calls[0]: must be '*', Class.Method or"),
            (
                "methods: [\"*\"], calls: [\"session.*\"]",
                "policy[0].calls[0]: Session, GatewayConnection and login are"
            ),
            ("methods: [\"*\"], calls: [\"*.Login\"]", "policy[0].calls[0]: Session, GatewayConnection and login are"),
            ("methods: [\"*\"], sharedPaths: [/in/../out]", "policy[0].sharedPaths[0]: no path has '.' or '..'"),
            ("methods: [\"*\"], targets: []", "policy[0].targets: names nothing"),
            ("methods: [\"*\"], sharedPaths: [//in]", "policy[0].sharedPaths[0]: no path has '//'"),
            ("methods: [\"*\"], sharedPaths: [/in//out]", "policy[0].sharedPaths[0]: no path has '//'"),
            ("methods: [\"*\"], sharedPaths: [in]", "policy[0].sharedPaths[0]: must start with '/'"),
            ("methods: [\"*\"], maxBytes: large", "policy[0].maxBytes: must be"),
            ("methods: [\"*\"], rate: {perMinute: 0}", "policy[0].rate.perMinute: must be"),
            ("methods: [\"*\"], uid: -1", "policy[0].uid: must be"),
            ("methods: [\"*\"], grup: root", "policy[0].grup: unknown key"),
        ]
    )
    func `a faulty rule is named with its key and line`(rule: String, fault: String) throws {
        let faults = try Scratch().faults(of: Self.text(rule))
        #expect(faults.contains { $0.hasPrefix("gatehouse.yaml:12: " + fault) }, "\(faults)")
    }

    @Test func `a name that this host does not have is noted, and nobody matches`() throws {
        let loaded = try Scratch().load(Self.text("user: no-such-user, group: no-such-group, methods: [\"*\"]"))
        #expect(loaded.notices.count == 2)
        #expect(loaded.notices.first?.contains("policy[0].user: this host has no user of this name") == true)
        let rule = try #require(loaded.configuration.policy?.rules.first)
        #expect(rule.mismatch(PolicyCaller(user: 0, groups: [0]), PolicyRequest(method: "ping")) == .user)
    }

    @Test func `a policy without rules refuses everybody, which is noted`() throws {
        let loaded = try Scratch().load(Scratch.minimal("policy: []"))
        #expect(loaded.configuration.policy?.rules.isEmpty == true)
        #expect(loaded.notices.first?.contains("nobody may do anything") == true)
    }

    @Test func `a rule for sizes says that it allows no scan by path`() throws {
        let notices = try Scratch().load(Self.text("methods: [scanPath], maxBytes: 5")).notices
        #expect(notices.first?.contains("policy[0].maxBytes: allows no scanPath") == true)
    }
}
