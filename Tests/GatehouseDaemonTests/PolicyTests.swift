// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseWire
import Testing

@testable import GatehouseDaemon

/// Which rule matches which caller and call.
@Suite struct PolicyTests {
    private static let caller = PolicyCaller(user: 33, groups: [33, 1000], unit: "nginx.service")

    private static func rule(_ edit: (inout PolicyRule) -> Void = { _ in }) -> PolicyRule {
        var rule = PolicyRule(methods: [NamePattern("*")])
        edit(&rule)
        return rule
    }

    private static func request(_ method: String, _ edit: (inout PolicyRequest) -> Void = { _ in }) -> PolicyRequest {
        var request = PolicyRequest(method: method)
        edit(&request)
        return request
    }

    @Test(
        arguments: [
            ("*", "", true), ("*", "anything", true), ("", "", true), ("", "a", false), ("a", "a", true),
            ("a", "A", false), ("a*", "a", true), ("a*", "abc", true), ("a*", "ba", false), ("*c", "abc", true),
            ("*c", "abcd", false), ("a*c", "abbc", true), ("a*c", "ac", true), ("a*c", "acd", false),
            ("*a*b*", "xaxbx", true), ("*a*b*", "xbxax", false), ("a**b", "ab", true), ("a?", "ab", false),
            ("**", "x", true), ("é*", "é", true), ("é*", "e\u{301}", false),
        ]
    )
    func `a star stands for any bytes, and nothing else does`(pattern: String, text: String, isMatch: Bool) {
        #expect(NamePattern(pattern).matches(text) == isMatch)
    }

    @Test func `a pattern with many stars takes no longer than both lengths allow`() {
        let pattern = NamePattern(String(repeating: "*a", count: 128) + "*b")
        #expect(!pattern.matches(String(repeating: "a", count: 4096)))
    }

    @Test(
        arguments: [
            ("*", "NagRdu.GetCurrentHostState", true), ("*", "x.NagRdu.Get", true), ("Nag*.*", "NagRdu.Get", true),
            ("Nag*.*", "HostGroup.Get", false), ("Nag*.*", "Nagger.HostGroup.RemoveHosts", false),
            ("Nag*.*", "nagrdu.get", false), ("*.*", "a.b.c", false), ("*.*.*", "a.b.c", true),
            ("*.NagRdu.*", "x.NagRdu.Get", true), ("*.NagRdu.*", "NagRdu.Get", false),
            ("HostGroup.Get*", "HostGroup.GetHosts", true), ("HostGroup.Get*", "HostGroup.RemoveHosts", false),
        ]
    )
    func `a star of a call's pattern stays within its part`(pattern: String, call: String, isMatch: Bool) throws {
        #expect(try #require(CallPattern(pattern)).matches(call) == isMatch)
    }

    @Test(arguments: ["", "Nag*", ".", "a.", ".b", "a.b.c.d", "a b.c", "**", "a/b.c"])
    func `what no call could match is no pattern`(text: String) {
        #expect(CallPattern(text) == nil)
    }

    @Test(
        arguments: [
            (rule { $0.uid = 33 }, nil), (rule { $0.uid = 34 }, .uid),
            (rule { $0.user = .init(name: "www-data", number: 33) }, nil),
            (rule { $0.user = .init(name: "gone", number: nil) }, .user),
            (rule { $0.gid = 1000 }, nil), (rule { $0.gid = 0 }, .gid),
            (rule { $0.group = .init(name: "staff", number: 1000) }, nil),
            (rule { $0.group = .init(name: "gone", number: nil) }, .group),
            (rule { $0.unit = NamePattern("nginx.service") }, nil), (rule { $0.unit = NamePattern("nginx*") }, nil),
            (rule { $0.unit = NamePattern("sshd.service") }, .unit),
            (rule { ($0.uid, $0.gid) = (33, 1) }, .gid),
            (rule { $0.methods = [NamePattern("scan*"), NamePattern("ping")] }, nil),
            (rule { $0.methods = [NamePattern("scanFile")] }, .methods),
        ] as [(PolicyRule, PolicyRule.Part?)]
    )
    func `every part about the caller must match`(rule: PolicyRule, mismatch: PolicyRule.Part?) {
        #expect(rule.mismatch(Self.caller, Self.request("ping")) == mismatch)
    }

    @Test func `a rule that names a unit matches nobody whose unit is not known`() {
        let caller = PolicyCaller(user: 33, groups: [33])
        for pattern in ["nginx.service", "*"] {
            let rule = Self.rule { $0.unit = NamePattern(pattern) }
            #expect(rule.mismatch(caller, Self.request("ping")) == .unit)
        }
    }

    @Test(
        arguments: [
            (rule { $0.profiles = [NamePattern("pro")] }, request("scanFile") { $0.profiles = ["pro"] }, nil),
            (rule { $0.profiles = [NamePattern("pro")] }, request("scanFile") { $0.profiles = ["pre"] }, .profiles),
            (
                rule { $0.profiles = [NamePattern("pro")] }, request("tokenStatus") { $0.profiles = ["pro", "pre"] },
                .profiles
            ),
            (rule { $0.profiles = [NamePattern("pro")] }, request("scanFile") { $0.profiles = [] }, .profiles),
            (rule { $0.profiles = [NamePattern("*")] }, request("scanFile") { $0.profiles = [] }, nil),
            (rule { $0.profiles = [NamePattern("pro")] }, request("status"), nil),
            (rule { $0.servers = [NamePattern("main")] }, request("findHosts") { $0.servers = ["other"] }, .servers),
            (rule { $0.servers = [NamePattern("main")] }, request("findHosts") { $0.servers = [] }, .servers),
            (
                rule { $0.calls = [CallPattern("Nag*.*")].compactMap(\.self) },
                request("callAgent") { $0.call = "HostGroup.X" }, .calls
            ),
            (rule { $0.calls = [CallPattern("Nag*.*")].compactMap(\.self) }, request("findHosts"), nil),
            (
                rule { $0.targets = [NamePattern("agent:*")] },
                request("callAgent") { $0.target = "secondary:3/agent:a" }, .targets
            ),
            (rule { $0.targets = [NamePattern("*agent:*")] }, request("callServer") { $0.target = "server" }, .targets),
            (
                rule { $0.targets = [NamePattern("secondary:3/*")] },
                request("callAgent") { $0.target = "secondary:3/agent:a" }, nil
            ),
            (rule(), request("prepareGateway") { $0.locations = ["{}"] }, .locations),
            (rule { $0.locations = [NamePattern("*")] }, request("prepareGateway") { $0.locations = ["{}"] }, nil),
            (
                rule { $0.locations = [NamePattern("{\"a\"*")] },
                request("prepareGateway") { $0.locations = ["{\"a\":1}", "{\"b\":1}"] }, .locations
            ),
            (rule { $0.sharedPaths = [NamePattern("/in")] }, request("scanPath") { $0.path = "/in/a/b" }, nil),
            (rule { $0.sharedPaths = [NamePattern("/in/")] }, request("scanPath") { $0.path = "/in/a" }, nil),
            (
                rule { $0.sharedPaths = [NamePattern("/in")] }, request("scanPath") { $0.path = "/into/a" },
                .sharedPaths
            ),
            (
                rule { $0.sharedPaths = [NamePattern("/home/*/in")] },
                request("scanPath") { $0.path = "/home/x/in/a" }, nil
            ),
            (rule { $0.maximumBytes = 10 }, request("scanFile") { $0.size = .bytes(10) }, nil),
            (rule { $0.maximumBytes = 10 }, request("scanFile") { $0.size = .bytes(11) }, .maxBytes),
            (rule { $0.maximumBytes = 10 }, request("scanFile") { $0.size = .later }, nil),
            (rule { $0.maximumBytes = 10 }, request("scanPath") { $0.size = .never }, .maxBytes),
            (rule { $0.maximumBytes = 10 }, request("ping"), nil),
        ] as [(PolicyRule, PolicyRequest, PolicyRule.Part?)]
    )
    func `every part about the call must match where the method has to do with it`(
        rule: PolicyRule,
        request: PolicyRequest,
        mismatch: PolicyRule.Part?
    ) {
        #expect(rule.mismatch(Self.caller, request) == mismatch)
    }

    @Test func `the first rule that matches decides, and none refuses`() {
        let policy = Policy(rules: [
            Self.rule { $0.uid = 1 }, Self.rule { $0.methods = [NamePattern("ping")] }, Self.rule { $0.uid = 33 },
        ])
        var seen: [(Int, PolicyRule.Part?)] = []
        #expect(policy.decide(Self.caller, Self.request("ping")) { seen.append(($0, $1)) } == 1)
        #expect(seen.map(\.0) == [0, 1] && seen.map(\.1) == [.uid, nil])
        #expect(policy.decide(Self.caller, Self.request("status")) == 2)
        #expect(policy.decide(PolicyCaller(user: 2, groups: []), Self.request("status")) == nil)
        #expect(Policy(rules: []).decide(Self.caller, Self.request("ping")) == nil)
    }

    @Test func `a file of a size that is not known yet may be as large as the most generous rule says`() {
        func policy(_ sizes: [Int64?]) -> Policy {
            Policy(rules: sizes.map { size in Self.rule { $0.maximumBytes = size } })
        }
        let later = Self.request("scanFile") { $0.size = .later }
        #expect(policy([10, 30, 20]).maximumBytes(Self.caller, later, from: 0) == 30)
        #expect(policy([10, nil]).maximumBytes(Self.caller, later, from: 0) == nil)
        #expect(policy([10]).maximumBytes(Self.caller, Self.request("ping"), from: 0) == nil)
    }

    // A descriptor was charged to the first rule and as large as the second one allows, whose rate it never met.
    @Test func `a later rule's size does not count where the rule has a rate`() {
        let limited = Self.rule {
            $0.maximumBytes = 100
            $0.rate = PolicyRate(perMinute: 1)
        }
        let small = Self.rule { $0.maximumBytes = 10 }
        let later = Self.request("scanFile") { $0.size = .later }
        #expect(Policy(rules: [small, limited]).maximumBytes(Self.caller, later, from: 0) == 10)
        #expect(Policy(rules: [limited, small]).maximumBytes(Self.caller, later, from: 0) == 100)
    }

    @Test(
        arguments: [
            (nil, nil, "server"), ([3], nil, "secondary:3"), (nil, .agent("a-b_c.1"), "agent:a-b_c.1"),
            ([3, 1], .agent("x"), "secondary:3/secondary:1/agent:x"),
            (nil, .secondaryInstance("i"), "secondaryInstance:i"), (nil, .secondary(7), "secondary:7"),
            (nil, .agent("evil/agent:good"), "agent:evil%2Fagent%3Agood"),
            (
                nil, .agent("h", Component(product: "KES", version: "11.0.0.0", name: "/agent:x,*%")),
                "agent:h/component:KES,11.0.0.0,%2Fagent%3Ax%2C%2A%25"
            ),
            (nil, .agent("\u{7}é"), "agent:%07%C3%A9"),
        ] as [([Int64]?, Target?, String)]
    )
    func `a target's text has as many steps as its way`(via: [Int64]?, target: Target?, text: String) {
        #expect(PolicyTarget.text(via: via, target: target) == text)
    }

    @Test func `a rate counts in fixed windows of a minute and an hour`() {
        let rate = PolicyRate(perMinute: 2, perHour: 3)
        var windows = RateWindows()
        func take(_ second: Int64) -> Duration? {
            windows.take(rate, now: Instant(nanoseconds: second * 1_000_000_000))
        }
        #expect(take(10) == nil)
        #expect(take(20) == nil)
        #expect(take(30) == .seconds(40))
        #expect(take(69) == .seconds(1))
        #expect(take(70) == nil)
        #expect(take(71) == .seconds(3539))
        #expect(take(3610) == nil)
    }

    @Test func `each user and each rule has windows of its own`() {
        let rates = PolicyRates()
        let rate = PolicyRate(perMinute: 1)
        let now = Instant(nanoseconds: 0)
        #expect(rates.take(rate, rule: 0, user: 1, now: now) == nil)
        #expect(rates.take(rate, rule: 0, user: 1, now: now) == .seconds(60))
        #expect(rates.take(rate, rule: 0, user: 2, now: now) == nil)
        #expect(rates.take(rate, rule: 1, user: 1, now: now) == nil)
    }
}
