// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseAntivirus

struct DefinitionsRuleTests {
    /// Noon of 2024-12-23 UTC.
    private static let noon = 1_734_955_200.0

    @Test(
        arguments: [
            ("2024-12-23 rev 007", 0), ("2024-12-23", 0), ("2024-12-03 rev 007", 20), ("2023-12-23 rev 1", 366),
            ("2024-12-24 rev 007", 0), ("2024-12-25 rev 007", nil), ("2099-01-01", nil), ("", nil), ("2024-12-3", nil),
            ("2024-13-03", nil), ("2024-12-32", nil), ("2024-12-03rev", nil), ("+024-12-03", nil), ("0000-01-01", nil),
            ("today", nil), ("2024/12/03", nil), ("２024-12-03", nil),
        ] as [(String, Int?)]
    )
    func `the age is what the text's date says`(text: String, days: Int?) {
        #expect(DefinitionsRule.age(of: text, unixTime: Self.noon) == days)
    }

    @Test(arguments: [0.0, -1e300, 1e300, .nan, .infinity])
    func `a clock that says nonsense tells no age`(unixTime: Double) {
        #expect(DefinitionsRule.age(of: "2024-12-03", unixTime: unixTime) == nil)
    }

    @Test(
        arguments: [
            (nil, nil, nil, DefinitionsRule.State.unknown, true), (nil, nil, 9999, .current, true),
            (15, 60, 14, .current, true), (15, 60, 15, .old, true), (15, 60, 59, .old, true),
            (15, 60, 60, .tooOld, false),
            (15, nil, 9999, .old, true), (nil, 60, 59, .current, true), (nil, 60, 60, .tooOld, false),
            (15, nil, nil, .unknown, true), (nil, 60, nil, .unknown, false), (30, 10, 10, .tooOld, false),
        ] as [(Int?, Int?, Int?, DefinitionsRule.State, Bool)]
    )
    func `definitions warn and refuse from their days on, and unknown ones where old ones are refused`(
        warn: Int?,
        refuse: Int?,
        age: Int?,
        state: DefinitionsRule.State,
        allowsClean: Bool
    ) {
        let rule = DefinitionsRule(warnAfterDays: warn, refuseAfterDays: refuse)
        #expect(rule.state(age: age) == state)
        #expect(rule.allowsClean(age: age) == allowsClean)
    }
}
