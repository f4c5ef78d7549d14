// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// `date-time` of RFC 3339 section 5.6, in any zone.
///
/// ``Timestamp`` reads less: what this API sends is always in UTC.
enum DateTimeFormat {
    /// Whether the text is one, of a day and an hour that exist; a leap second only where it is 23:59:60 in UTC.
    static func accepts(_ text: String) -> Bool {
        var rest = Substring(text).utf8[...]
        guard let year = number(&rest, 4), skip(&rest, "-"), let month = number(&rest, 2), skip(&rest, "-"),
            let day = number(&rest, 2), skip(&rest, "Tt"), let hour = number(&rest, 2), skip(&rest, ":"),
            let minute = number(&rest, 2), skip(&rest, ":"), let second = number(&rest, 2),
            (1...12).contains(month), day >= 1, day <= days(inMonth: month, of: year),
            hour < 24, minute < 60, second <= 60, skipFraction(&rest), let offset = offset(&rest), rest.isEmpty
        else { return false }
        let minuteOfDay = (hour * 60 + minute - offset + 2 * 1440) % 1440
        return second < 60 || minuteOfDay == 1439
    }

    private static func number(_ rest: inout Substring.UTF8View, _ digits: Int) -> Int? {
        guard rest.count >= digits else { return nil }
        var value = 0
        for byte in rest.prefix(digits) {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        rest.removeFirst(digits)
        return value
    }

    private static func skip(_ rest: inout Substring.UTF8View, _ choices: StaticString) -> Bool {
        guard let byte = rest.first, choices.withUTF8Buffer({ $0.contains(byte) }) else { return false }
        rest.removeFirst()
        return true
    }

    private static func skipFraction(_ rest: inout Substring.UTF8View) -> Bool {
        guard skip(&rest, ".") else { return true }
        let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
        rest.removeFirst(digits)
        return digits > 0
    }

    /// Minutes east of UTC.
    private static func offset(_ rest: inout Substring.UTF8View) -> Int? {
        if skip(&rest, "Zz") { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip(&rest, "+-"), let hour = number(&rest, 2), skip(&rest, ":"), let minute = number(&rest, 2),
            hour < 24, minute < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hour * 60 + minute)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeapYear ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
}
