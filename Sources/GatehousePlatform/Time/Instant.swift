// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A point in time on a clock that never jumps and also runs while the machine sleeps (CLOCK_BOOTTIME).
///
/// It is only good for differences: Unix time is ``TimeSource/unixTime``.
package struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since the machine was booted.
    package let nanoseconds: Int64

    /// A point that many nanoseconds after boot.
    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The point that much later.
    ///
    /// It stops at the end of the scale instead of trapping.
    package static func + (left: Instant, right: Duration) -> Instant {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.clampedNanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: right < .zero ? .min : .max)
    }

    /// The time from `right` to `left`; negative when `left` comes first.
    package static func - (left: Instant, right: Instant) -> Duration {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
        return .nanoseconds(overflow ? (left < right ? .min : .max) : difference)
    }

    /// The whole milliseconds from another point to this one, towards zero; negative when this one comes first.
    ///
    /// The same as the difference's, without the 128 bits of a duration.
    package func milliseconds(since other: Instant) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(other.nanoseconds)
        return (overflow ? (self < other ? .min : .max) : difference) / 1_000_000
    }
}

extension Duration {
    /// The whole as nanoseconds, held within what 64 bits carry (292 years).
    package var clampedNanoseconds: Int64 {
        // Compared first, since `components` traps for a duration whose seconds exceed 64 bits.
        guard self < .nanoseconds(Int64.max) else { return .max }
        guard self > .nanoseconds(Int64.min) else { return .min }
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }

    /// The whole as milliseconds, towards zero.
    package var wholeMilliseconds: Int64 { clampedNanoseconds / 1_000_000 }

    /// The whole as microseconds, towards zero.
    package var wholeMicroseconds: Int64 { clampedNanoseconds / 1_000 }
}
