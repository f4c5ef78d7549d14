// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// Date and revision of SPE's definitions.
///
/// `virusDefinitionDate` is midnight in Madrid, written in UTC: `2024-12-02T23:00:00.000+00:00` is 3 December
/// (protocol page, section 2.5).
enum SPEDefinitions {
    /// For example `2024-12-03 rev 007`; nil where the answer does not tell.
    static func text(_ answer: JSONObject) -> String? {
        guard let date = answer["virusDefinitionDate"]?.string.flatMap(madridDate) else { return nil }
        guard let revision = answer["virusDefinitionRevisionNumber"]?.string, !revision.isEmpty else {
            return date.text
        }
        return "\(date.text) rev \(revision.onOneLine(maximum: 16))"
    }

    /// The day in Madrid at a moment such as `2024-12-02T23:00:00.000+00:00` or `…Z`.
    static func madridDate(_ text: String) -> CivilDate? {
        guard let seconds = unixSeconds(text) else { return nil }
        let local = seconds + (isSummerTime(seconds) ? 7200 : 3600)
        return CivilDate(daysSince1970: Int((Double(local) / 86_400).rounded(.down)))
    }

    /// Reads a date and time of RFC 3339 down to the second; nil for anything else.
    private static func unixSeconds(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        func number(_ start: Int, _ length: Int) -> Int? {
            guard start + length <= bytes.count else { return nil }
            return Int(String(decoding: bytes[start..<start + length], as: UTF8.self))
        }
        guard bytes.count >= 19, bytes.count <= 40, let year = number(0, 4), let month = number(5, 2),
            let day = number(8, 2), let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second), let offset = offset(bytes)
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        return days * 86_400 + hour * 3600 + minute * 60 + second - offset
    }

    /// The seconds of `+01:00`, `+0100` or `Z` at the end.
    private static func offset(_ bytes: [UInt8]) -> Int? {
        var rest = bytes.dropFirst(19)
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { $0 >= 0x30 && $0 <= 0x39 } }
        if rest.elementsEqual("Z".utf8) { return 0 }
        let digits = rest.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), digits.count == 4,
            let value = Int(String(decoding: digits, as: UTF8.self)), value >= 0
        else { return nil }
        let seconds = value / 100 * 3600 + value % 100 * 60
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    /// Summer time of the European Union: from the last Sunday of March to that of October, at 01:00 UTC (2000/84/EC).
    private static func isSummerTime(_ seconds: Int) -> Bool {
        let year = CivilDate(daysSince1970: seconds / 86_400).year
        return seconds >= lastSunday(year, month: 3) && seconds < lastSunday(year, month: 10)
    }

    private static func lastSunday(_ year: Int, month: Int) -> Int {
        let last = CivilDate(year: year, month: month, day: 31).daysSince1970
        // 1970-01-01 was a Thursday, so day 3 was a Sunday.
        return (last - (last - 3) % 7) * 86_400 + 3600
    }
}
