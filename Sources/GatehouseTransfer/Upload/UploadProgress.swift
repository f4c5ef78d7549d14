// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// Tells somebody how far an upload is: when it begins, now and then, and when all of it was handed over.
///
/// An upload that has to be sent again begins anew.
package final class UploadProgress: Sendable {
    /// Takes the bytes that were sent, and how many there will be where that is known; called by the engine's thread.
    package typealias Report = @Sendable (_ done: Int64, _ total: Int64?) -> Void

    private let time: any TimeSource
    private let pace: Locked<ProgressPace>
    private let report: Report

    /// Reports no more often than once in `interval`, but for the first and the last time.
    package init(time: any TimeSource, interval: Duration = .milliseconds(250), report: @escaping Report) {
        self.time = time
        self.report = report
        pace = Locked(ProgressPace(interval: interval))
    }

    /// An upload of that many bytes begins.
    package func begin(total: Int64?) {
        let now = time.now
        pace.withLock { $0.begin(now: now) }
        report(0, total)
    }

    /// More bytes were handed over.
    package func sent(_ count: Int, total: Int64?) {
        let now = time.now
        if let done = pace.withLock({ $0.sent(count, now: now) }) { report(done, total) }
    }

    /// All was handed over.
    package func end(total: Int64?) {
        if let done = pace.withLock({ $0.end() }) { report(done, total) }
    }
}

/// When progress is worth a word.
struct ProgressPace: Sendable {
    private let interval: Duration
    private var done: Int64 = 0
    private var next = Instant(nanoseconds: .min)
    private var isOver = false

    init(interval: Duration) {
        self.interval = interval
    }

    /// Starts over; the beginning itself is always told.
    mutating func begin(now: Instant) {
        self = ProgressPace(interval: interval)
        next = now + interval
    }

    /// Starts over, with a word as soon as there is something to tell.
    mutating func begin() {
        self = ProgressPace(interval: interval)
    }

    /// What to tell after more bytes; nil before the interval is over.
    mutating func sent(_ count: Int, now: Instant) -> Int64? {
        done += Int64(count)
        guard now >= next else { return nil }
        next = now + interval
        return done
    }

    /// What to tell at the end; nil when that was told.
    mutating func end() -> Int64? {
        defer { isOver = true }
        return isOver ? nil : done
    }
}
