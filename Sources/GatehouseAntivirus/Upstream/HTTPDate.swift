// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A date of HTTP, in any of the three forms that a recipient takes (RFC 9110 section 5.6.7).
enum HTTPDate {
    /// Seconds since 1970 UTC; nil for any other text.
    static func unixSeconds(_ text: String) -> Double? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        return switch parts.count {
        // Sun, 06 Nov 1994 08:49:37 GMT
        case 6 where parts[5] == "GMT": seconds(parts[3], parts[2], parts[1], parts[4])
        // Sunday, 06-Nov-94 08:49:37 GMT
        case 4 where parts[3] == "GMT": seconds(dashed: parts[1], parts[2])
        // Sun Nov  6 08:49:37 1994, or a day of two digits
        case 6 where parts[2].isEmpty: seconds(parts[5], parts[1], parts[3], parts[4])
        case 5: seconds(parts[4], parts[1], parts[2], parts[3])
        default: nil
        }
    }

    private static func seconds(dashed date: Substring, _ clock: Substring) -> Double? {
        let parts = date.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].count == 2, let year = Int(parts[2]) else { return nil }
        // Nobody sends one of before 1970.
        return seconds("\(year < 70 ? 2000 + year : 1900 + year)", parts[1], parts[0], clock)
    }

    private static func seconds(
        _ year: Substring,
        _ month: Substring,
        _ day: Substring,
        _ clock: Substring
    ) -> Double? {
        guard let day = Int(day), (1...31).contains(day), let month = CivilDate.month(month),
            let year = Int(year), (1970...9999).contains(year)
        else { return nil }
        let clock = clock.split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        return Double(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2])
    }
}
