// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// How old an engine's virus definitions may be.
package struct DefinitionsRule: Equatable, Sendable {
    /// What a rule says of definitions.
    package enum State: String, Sendable {
        /// Young enough, or nobody minds.
        case current
        /// Old enough for a warning.
        case old
        /// So old that nothing is called clean.
        case tooOld
        /// The engine does not say how old they are.
        case unknown
    }

    /// From this age on there is a warning; nil for never.
    package var warnAfterDays: Int?
    /// From this age on nothing is called clean; nil for never.
    package var refuseAfterDays: Int?

    /// A rule; none by default.
    package init(warnAfterDays: Int? = nil, refuseAfterDays: Int? = nil) {
        self.warnAfterDays = warnAfterDays
        self.refuseAfterDays = refuseAfterDays
    }

    /// What definitions of an age in days are.
    package func state(age: Int?) -> State {
        guard let age else { return .unknown }
        if let refuseAfterDays, age >= refuseAfterDays { return .tooOld }
        if let warnAfterDays, age >= warnAfterDays { return .old }
        return .current
    }

    /// Whether a file may be called clean by such definitions.
    ///
    /// Who refuses old ones refuses those of which nobody knows whether they are: they may be.
    package func allowsClean(age: Int?) -> Bool {
        guard refuseAfterDays != nil else { return true }
        return age != nil && state(age: age) != .tooOld
    }

    /// The whole days since the date at the beginning of a text such as `2024-12-03 rev 007`.
    ///
    /// nil where the text does not begin with a date, and where that lies more than a day ahead: such a date tells
    /// nothing. One day may be the difference of two time zones, and counts as none.
    package static func age(of definitions: String?, unixTime: Double) -> Int? {
        guard let day = definitions.flatMap(day), let today = Int(exactly: (unixTime / 86_400).rounded(.down)) else {
            return nil
        }
        let age = today - day
        return age < -1 ? nil : max(age, 0)
    }

    /// Days since 1970.
    private static func day(_ text: String) -> Int? {
        let bytes = Array(text.utf8.prefix(11))
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes.count == 10 || bytes[10] == UInt8(ascii: " ")
        else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            guard bytes[range].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
            return Int(String(decoding: bytes[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), year >= 1970,
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        return CivilDate(year: year, month: month, day: day).daysSince1970
    }
}
