// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseAntivirus

struct DateTests {
    @Test func `every day of 800 years follows the one before and comes back from its number`() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var wanted = CivilDate(year: 1600, month: 1, day: 1)
        let first = wanted.daysSince1970
        for day in first..<(first + 2 * 146_097) {
            let date = CivilDate(daysSince1970: day)
            guard date == wanted, date.daysSince1970 == day else {
                Issue.record("\(date.text), not \(wanted.text)")
                return
            }
            let isLeap = wanted.year % 4 == 0 && (wanted.year % 100 != 0 || wanted.year % 400 == 0)
            wanted.day += 1
            guard wanted.day > lengths[wanted.month - 1] + (wanted.month == 2 && isLeap ? 1 : 0) else { continue }
            wanted = CivilDate(year: wanted.year + wanted.month / 12, month: wanted.month % 12 + 1, day: 1)
        }
        #expect(CivilDate(daysSince1970: 0).text == "1970-01-01")
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Mon, 23 Dec 2024 21:11:28 GMT", 1_734_988_288), ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Monday, 23-Dec-24 21:11:28 GMT", 1_734_988_288),
        ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Mon Dec 23 21:11:28 2024", 1_734_988_288),
    ])
    func `a date of HTTP is read`(text: String, seconds: Double) {
        #expect(HTTPDate.unixSeconds(text) == seconds)
    }

    @Test(arguments: [
        "", "GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov  6 08:49:37",
        "Sunday, 06-Nov-94 08:49:37", "06-Nov-94", "Sunday, 32-Nov-94 08:49:37 GMT", "Sun Nov  32 08:49:37 1994",
        "Sun Nov 6  08:49:37 1994",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 99999 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 9223372036854775808 08:49:37 GMT", "Sun,  06 Nov 1994 08:49:37 GMT",
    ])
    func `any other text is no date`(text: String) {
        #expect(HTTPDate.unixSeconds(text) == nil)
    }

    @Test(arguments: [
        ("2024-12-02T23:00:00.000+00:00", "2024-12-03"), ("2024-12-02T22:59:59.999+00:00", "2024-12-02"),
        ("2024-07-01T22:00:00Z", "2024-07-02"), ("2024-07-01T21:59:59Z", "2024-07-01"),
        // Summer time of 2024 begins on 31 March and ends on 27 October, both at 01:00 UTC.
        ("2024-03-30T23:00:00Z", "2024-03-31"), ("2024-03-31T21:59:59Z", "2024-03-31"),
        ("2024-03-31T22:00:00Z", "2024-04-01"), ("2024-10-26T22:00:00Z", "2024-10-27"),
        ("2024-10-27T22:59:59Z", "2024-10-27"), ("2024-10-27T23:00:00Z", "2024-10-28"),
        ("2024-12-31T23:00:00+0000", "2025-01-01"), ("2024-12-03T00:00:00+01:00", "2024-12-03"),
    ])
    func `definitions carry the day in Madrid`(text: String, day: String) {
        #expect(SPEDefinitions.madridDate(text)?.text == day)
    }

    @Test(arguments: [
        "", "2024-12-02", "2024-12-02T23:00:00", "2024-13-02T23:00:00Z", "2024-12-02T25:00:00Z", "x024-12-02T23:00:00Z",
        "2024-12-02T23:00:00+1", "2024-12-02T23:00:00.000+00:00 and much more than that", "99999999999999999999999999",
    ])
    func `any other text is no day`(text: String) {
        #expect(SPEDefinitions.madridDate(text) == nil)
    }
}
