// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Where the time comes from, so that a test can hold it still and move it.
package protocol TimeSource: Sendable {
    /// Now, for differences and deadlines.
    var now: Instant { get }

    /// Now, as seconds since 1970 UTC, for what servers and people call the time.
    var unixTime: Double { get }
}

/// The machine's own clocks.
package struct SystemTime: TimeSource {
    /// Makes one; it has no state.
    package init() {}

    package var now: Instant {
        let value = Self.read(CLOCK_BOOTTIME)
        return Instant(nanoseconds: Int64(value.tv_sec) * 1_000_000_000 + Int64(value.tv_nsec))
    }

    package var unixTime: Double {
        let value = Self.read(CLOCK_REALTIME)
        return Double(value.tv_sec) + Double(value.tv_nsec) / 1_000_000_000
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var value = timespec()
        clock_gettime(clock, &value)
        return value
    }
}
