// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// Now, on both clocks: a plan's windows follow the wall clock, which may be set; waiting follows the other.
package struct Moment: Sendable {
    /// For differences.
    package var now: Instant
    /// Seconds since 1970 UTC.
    package var unixTime: Double

    /// A point in time.
    package init(now: Instant, unixTime: Double) {
        self.now = now
        self.unixTime = unixTime
    }

    /// What a source says.
    package init(_ time: any TimeSource) {
        self.init(now: time.now, unixTime: time.unixTime)
    }
}
