// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A point in time with milliseconds, in texts as RFC 3339 in UTC: `2026-11-21T22:00:00.000Z`.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted, held within the years 0000 to 9999.
    public let unixMilliseconds: Int64

    /// The point that many milliseconds after the beginning of 1970.
    ///
    /// What lies before the year 0 or after the year 9999, which RFC 3339 cannot write, becomes the nearest it can.
    public init(unixMilliseconds: Int64) {
        self.unixMilliseconds = min(max(unixMilliseconds, -62_167_219_200_000), 253_402_300_799_999)
    }

    /// Reads a time in UTC; nil for another form, another zone or a day that does not exist.
    ///
    /// Digits after the third one of a fraction are dropped. A leap second reads as the second after it.
    public init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(32))
        // Up to nine digits of a fraction: nanoseconds.
        guard bytes.count >= 20, bytes.count <= 30, bytes.last == UInt8(ascii: "Z"),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]),
            let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19]),
            (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year),
            hour < 24, minute < 60, second <= 60,
            let milliseconds = Self.milliseconds(bytes[19..<bytes.count - 1])
        else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        self.init(unixMilliseconds: (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milliseconds)
    }

    /// Whether the left one comes first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.unixMilliseconds < right.unixMilliseconds
    }

    /// The text in UTC with milliseconds.
    public var description: String {
        let (days, time) = Self.divide(unixMilliseconds, by: 86_400_000)
        let (year, month, day) = Self.date(daysSince1970: days)
        let (seconds, milliseconds) = (time / 1000, time % 1000)
        // Put together by interpolation, the times of one status cost more than all else that its call does.
        return String(unsafeUninitializedCapacity: 24) { buffer in
            var end = 0
            Self.write(year, 4, "-", to: buffer, &end)
            Self.write(month, 2, "-", to: buffer, &end)
            Self.write(day, 2, "T", to: buffer, &end)
            Self.write(seconds / 3600, 2, ":", to: buffer, &end)
            Self.write(seconds / 60 % 60, 2, ":", to: buffer, &end)
            Self.write(seconds % 60, 2, ".", to: buffer, &end)
            Self.write(milliseconds, 3, "Z", to: buffer, &end)
            return end
        }
    }

    /// Writes so many decimal digits and a sign after them.
    private static func write(
        _ number: Int64,
        _ width: Int,
        _ sign: Unicode.Scalar,
        to buffer: UnsafeMutableBufferPointer<UInt8>,
        _ end: inout Int
    ) {
        var rest = number
        for index in (end..<end + width).reversed() {
            buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        end += width
        buffer[end] = UInt8(ascii: sign)
        end += 1
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for byte in digits {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }

    /// The value of `.123` or of nothing.
    private static func milliseconds(_ fraction: ArraySlice<UInt8>) -> Int64? {
        guard let point = fraction.first else { return 0 }
        let digits = fraction.dropFirst()
        guard point == UInt8(ascii: "."), !digits.isEmpty, number(digits) != nil else { return nil }
        return number(Array((digits + [0x30, 0x30]).prefix(3))[...])
    }
}

// The proleptic Gregorian calendar. Years are counted from March, so that the leap day is a year's last one, and in
// spans of 400 years, which all have 146 097 days.
extension Timestamp {
    private static func divide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = value % divisor
        return remainder < 0 ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeapYear ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (span, yearOfSpan) = divide(month > 2 ? year : year - 1, by: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return span * 146_097 + yearOfSpan * 365 + yearOfSpan / 4 - yearOfSpan / 100 + dayOfYear - 719_468
    }

    private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (span, day) = divide(days + 719_468, by: 146_097)
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        return (span * 400 + year + (calendarMonth <= 2 ? 1 : 0), calendarMonth, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}
