// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseDaemon

/// Counts of calls over a reload, and how long a daemon has to remember them.
@Suite struct PolicyRateTests {
    private static func at(_ second: Int64) -> Instant { Instant(nanoseconds: second * 1_000_000_000) }

    private static func rule(_ method: String, _ rate: PolicyRate?) -> PolicyRule {
        var rule = PolicyRule(methods: [NamePattern(method)])
        rule.rate = rate
        return rule
    }

    @Test(
        arguments: [
            (PolicyRate(perMinute: 5), [59, 60], [true, false]),
            (PolicyRate(perHour: 5), [60, 3599, 3600], [true, true, false]),
            (PolicyRate(perMinute: 5, perHour: 5), [3599, 3600], [true, false]),
            (PolicyRate(), [0, 1], [false, false]),
        ] as [(PolicyRate, [Int64], [Bool])]
    )
    func `a call counts for as long as the window of its rate`(rate: PolicyRate, seconds: [Int64], counts: [Bool]) {
        let rates = PolicyRates()
        let rules = [Self.rule("ping", rate)]
        #expect(!rates.count(under: rules, now: Self.at(0)))
        #expect(rates.take(rate, rule: 0, user: 1, now: Self.at(0)) == nil)
        #expect(seconds.map { rates.count(under: rules, now: Self.at($0)) } == counts)
        #expect(!rates.count(under: [], now: Self.at(0)))
        #expect(!rates.count(under: [Self.rule("ping", nil)], now: Self.at(0)))
    }

    @Test func `a rule keeps its counts wherever it stands and whatever its numbers are, and another one has none`() {
        let rate = PolicyRate(perMinute: 2)
        let before = Policy(rules: [Self.rule("ping", rate), Self.rule("status", rate), Self.rule("scan*", rate)])
        let after = Policy(
            rules: [
                Self.rule("status", PolicyRate(perMinute: 3)), Self.rule("methods", nil), Self.rule("ping", rate),
                Self.rule("scanFile", rate), Self.rule("ping", rate),
            ]
        )
        #expect(after.countedRules(since: before) == [0: 2, 1: 0])
        let rates = PolicyRates()
        for rule in before.rules.indices {
            for _ in 0..<2 { #expect(rates.take(rate, rule: rule, user: 1, now: Self.at(0)) == nil) }
        }
        let next = PolicyRates(continuing: rates, rules: after.countedRules(since: before))
        func take(_ rule: Int, user: UInt32 = 1) -> Duration? {
            next.take(after.rules[rule].rate ?? rate, rule: rule, user: user, now: Self.at(20))
        }
        #expect(take(0) == nil)
        #expect(take(0) == .seconds(40))
        #expect(take(2) == .seconds(40))
        #expect(take(2, user: 2) == nil)
        #expect(take(3) == nil)
    }

    @Test func `a rule for a name that is another user now is another rule`() {
        let rate = PolicyRate(perMinute: 1)
        var old = Self.rule("ping", rate)
        old.user = PolicyRule.Account(name: "mail", number: 8)
        var new = old
        new.user = PolicyRule.Account(name: "mail", number: 9)
        #expect(Policy(rules: [new]).countedRules(since: Policy(rules: [old])).isEmpty)
        #expect(Policy(rules: [old]).countedRules(since: Policy(rules: [old])) == [0: 0])
    }
}
