// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A point in time, handed to every machine by its caller, in milliseconds since the Unix epoch (UTC).
package struct LabInstant: Comparable, Hashable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let milliseconds: Int

    /// Makes an instant from milliseconds since the Unix epoch.
    package init(milliseconds: Int) {
        self.milliseconds = milliseconds
    }

    /// Makes an instant from whole seconds since the Unix epoch.
    package init(seconds: Int) {
        milliseconds = seconds * 1000
    }

    /// Whole seconds since the Unix epoch, rounded down.
    package var seconds: Int { Int((Double(milliseconds) / 1000).rounded(.down)) }

    /// The instant that lies this many milliseconds later.
    package func advanced(byMilliseconds milliseconds: Int) -> LabInstant {
        LabInstant(milliseconds: self.milliseconds + milliseconds)
    }

    /// The instant that lies this many seconds later, or earlier for a negative number.
    package func advanced(bySeconds seconds: Int) -> LabInstant {
        LabInstant(milliseconds: milliseconds + seconds * 1000)
    }

    package static func < (left: LabInstant, right: LabInstant) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension LabInstant {
    /// The form that Spring and SPE write: `2024-12-02T23:00:00.000+00:00`.
    package var springText: String { text + "+00:00" }

    /// ISO 8601 in UTC with milliseconds: `2024-12-02T23:00:00.000Z`.
    package var iso8601: String { text + "Z" }

    /// 23:00 UTC of the day before: how SPE in Madrid writes today's definitions in winter.
    package var previousEvening: LabInstant {
        let day = seconds / 86400
        return LabInstant(seconds: day * 86400 - 3600)
    }

    /// The form of HTTP's header fields: `Mon, 02 Dec 2024 23:00:00 GMT` (RFC 9110, section 5.6.7).
    package var httpDate: String {
        let days = Int((Double(seconds) / 86400).rounded(.down))
        let second = seconds - days * 86400
        let (year, month, day) = Self.civil(days: days)
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
        let weekday = weekdays[((days % 7) + 7) % 7]
        return "\(weekday), \(pad(day, 2)) \(months[month - 1]) \(pad(year, 4)) \(time) GMT"
    }

    private var text: String {
        let days = Int((Double(seconds) / 86400).rounded(.down))
        let second = seconds - days * 86400
        let (year, month, day) = Self.civil(days: days)
        let date = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
        let time = "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
        return "\(date)T\(time).\(pad(milliseconds - seconds * 1000, 3))"
    }

    /// The proleptic Gregorian date of a number of days since 1970-01-01.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468  // days since 0000-03-01, so that the leap day is the last of its year
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
