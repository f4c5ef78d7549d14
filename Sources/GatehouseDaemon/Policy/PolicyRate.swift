// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// How many calls of one user may start under a rule, in fixed windows.
package struct PolicyRate: Equatable, Sendable {
    /// Calls a minute; nil for any number.
    package var perMinute: Int?
    /// Calls an hour; nil for any number.
    package var perHour: Int?

    /// Describes a rate.
    package init(perMinute: Int? = nil, perHour: Int? = nil) {
        self.perMinute = perMinute
        self.perHour = perHour
    }

    /// For people.
    var text: String {
        [perMinute.map { "\($0) a minute" }, perHour.map { "\($0) an hour" }].compactMap(\.self)
            .joined(separator: " and ")
    }
}

/// The calls of one user under one rule: a window begins with the first call after the last one.
struct RateWindows: Sendable {
    private struct Window {
        let length: Duration
        var start: Instant?
        var count = 0

        func isOver(_ now: Instant) -> Bool { start.map { now - $0 >= length } ?? true }

        /// How long a call has to wait; nil where it may start.
        func wait(_ limit: Int?, _ now: Instant) -> Duration? {
            guard let limit, let start, !isOver(now), count >= limit else { return nil }
            return length - (now - start)
        }

        mutating func take(_ now: Instant) {
            if isOver(now) {
                start = now
                count = 0
            }
            count += 1
        }
    }

    private var minute = Window(length: .seconds(60))
    private var hour = Window(length: .seconds(3600))

    /// No call yet.
    init() {}

    /// Takes a call; returns how long it would have to wait where there is no room for it.
    mutating func take(_ rate: PolicyRate, now: Instant) -> Duration? {
        let waits = [minute.wait(rate.perMinute, now), hour.wait(rate.perHour, now)].compactMap(\.self)
        if let longest = waits.max() { return longest }
        minute.take(now)
        hour.take(now)
        return nil
    }

    /// Whether a call that was taken still counts against a rate.
    func count(against rate: PolicyRate, now: Instant) -> Bool {
        rate.perMinute != nil && !minute.isOver(now) || rate.perHour != nil && !hour.isOver(now)
    }

    /// Whether nothing is remembered any more.
    func areOver(_ now: Instant) -> Bool { minute.isOver(now) && hour.isOver(now) }
}
