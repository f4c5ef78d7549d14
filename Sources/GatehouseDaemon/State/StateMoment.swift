// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// One moment by both clocks, and which run of the machine it belongs to.
package struct StateMoment: Equatable, Sendable {
    let instant: Instant
    let unixTime: Double
    let bootID: String?

    /// Describes a moment.
    package init(instant: Instant, unixTime: Double, bootID: String?) {
        self.instant = instant
        self.unixTime = unixTime
        self.bootID = bootID
    }

    /// How much later this process's clock shows what the clock of an earlier moment showed, in nanoseconds.
    ///
    /// In one run of the machine both are the same clock, which also counts while the machine sleeps. Otherwise the wall
    /// clock says how much time has passed; where it is not known which is the case, the clock that says more, so that a
    /// token is rather taken for too old. Nil where the time cannot have passed, or is no number.
    package func shift(from earlier: StateMoment) -> Int64? {
        let byBoot = instant - earlier.instant
        let seconds = unixTime - earlier.unixTime
        // Ten years are more than anything in a record lasts.
        guard seconds.isFinite, abs(seconds) < 315_360_000 else { return nil }
        let byWall = Duration.nanoseconds(Int64(seconds * 1_000_000_000))
        let elapsed: Duration
        switch (bootID, earlier.bootID) {
        case (let now?, let before?) where now == before: elapsed = byBoot
        case (_?, _?): elapsed = byWall
        default: elapsed = max(byBoot, byWall)
        }
        guard elapsed >= .zero else { return nil }
        return (byBoot - elapsed).clampedNanoseconds
    }
}

extension StateMoment {
    /// Now.
    init(_ time: any TimeSource) {
        self.init(instant: time.now, unixTime: time.unixTime, bootID: Self.currentBoot)
    }

    /// The id of this run of the machine (random(4)); nil where /proc does not show it.
    private static let currentBoot: String? = try? SmallFile.read(
        "/proc/sys/kernel/random/boot_id",
        limit: 64,
        { bytes, _ in String(decoding: bytes, as: UTF8.self) }
    )
}
