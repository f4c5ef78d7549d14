// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

struct InstantTests {
    private let last = Instant(nanoseconds: .max)
    private let first = Instant(nanoseconds: .min)

    @Test func `a sum beyond the scale stops at its end`() {
        #expect(last + .nanoseconds(1) == last)
        #expect(last + .seconds(Int64.max) == last)
        #expect(last + (.seconds(Int64.max) + .seconds(Int64.max)) == last)
        #expect(first + .nanoseconds(-1) == first)
        #expect(first + .seconds(Int64.min) == first)
        #expect(Instant(nanoseconds: 5) + .seconds(Int64.max) == last)
        #expect(Instant(nanoseconds: -5) + .seconds(Int64.min) == first)
    }

    @Test func `a sum within the scale is exact to the nanosecond`() {
        #expect(Instant(nanoseconds: .max - 1) + .nanoseconds(1) == last)
        #expect(first + .nanoseconds(Int64.max) == Instant(nanoseconds: -1))
        #expect(last + .nanoseconds(Int64.min) == Instant(nanoseconds: -1))
        #expect(Instant(nanoseconds: 1) + .seconds(-1) == Instant(nanoseconds: -999_999_999))
        #expect(Instant(nanoseconds: 0) + .milliseconds(1500) == Instant(nanoseconds: 1_500_000_000))
        #expect(Instant(nanoseconds: 0) + .nanoseconds(-1) == Instant(nanoseconds: -1))
    }

    @Test func `a difference is signed and stops at the end of the scale`() {
        #expect(last - first == .nanoseconds(Int64.max))
        #expect(first - last == .nanoseconds(Int64.min))
        #expect(Instant(nanoseconds: 3) - Instant(nanoseconds: 5) == .nanoseconds(-2))
        #expect(last - last == .zero)
    }

    @Test func `a duration is clamped to what 64 bits of nanoseconds carry`() {
        #expect(Duration.seconds(9_223_372_036).clampedNanoseconds == 9_223_372_036_000_000_000)
        #expect(Duration.seconds(9_223_372_037).clampedNanoseconds == .max)
        #expect(Duration.seconds(-9_223_372_037).clampedNanoseconds == .min)
        #expect(Duration.nanoseconds(Int64.max).clampedNanoseconds == .max)
        #expect(Duration.nanoseconds(Int64.min).clampedNanoseconds == .min)
        #expect((Duration.nanoseconds(Int64.max) + .nanoseconds(1)).clampedNanoseconds == .max)
        #expect((Duration.nanoseconds(Int64.min) - .nanoseconds(1)).clampedNanoseconds == .min)
        #expect(Duration(secondsComponent: 0, attosecondsComponent: 999_999_999).clampedNanoseconds == 0)
        #expect(Duration(secondsComponent: 0, attosecondsComponent: -999_999_999).clampedNanoseconds == 0)
    }

    @Test func `milliseconds are cut towards zero`() {
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
        #expect(Duration.microseconds(-1999).wholeMilliseconds == -1)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == Int64.max / 1_000_000)
    }

    @Test func `the machine's clock runs forward`() {
        let time = SystemTime()
        let before = time.now
        #expect(time.now >= before)
        #expect(before.nanoseconds > 0)
        #expect(time.unixTime > 1_700_000_000)
    }
}
