// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A plan's allowance in two fixed windows, which start at each whole minute and hour (protocol page, section 5).
package struct PlanLimit: Equatable, Sendable {
    private var minute: Window
    private var hour: Window

    private struct Window: Equatable {
        let name: String
        let limit: Int
        /// Milliseconds.
        let length: Int
        var index = Int.min
        var used = 0

        init(_ name: String, _ limit: Int, _ length: Int) {
            self.name = name
            self.limit = limit
            self.length = max(1, length)
        }

        func remaining(at now: LabInstant) -> Int {
            index == now.milliseconds / length ? limit - used : limit
        }

        /// Milliseconds until the next window begins.
        func rest(at now: LabInstant) -> Int { length - now.milliseconds % length }

        mutating func move(to now: LabInstant) {
            guard index != now.milliseconds / length else { return }
            index = now.milliseconds / length
            used = 0
        }
    }

    /// Makes a limit of so many calls in each minute and in each hour; other lengths, in milliseconds, are for tests.
    package init(perMinute: Int, perHour: Int, minute: Int = 60_000, hour: Int = 3_600_000) {
        self.minute = Window("per-minute", perMinute, minute)
        self.hour = Window("per-hour", perHour, hour)
    }

    /// Spends one call, or says no and spends nothing.
    package mutating func admit(at now: LabInstant) -> Bool {
        minute.move(to: now)
        hour.move(to: now)
        guard minute.used < minute.limit, hour.used < hour.limit else { return false }
        minute.used += 1
        hour.used += 1
        return true
    }

    /// Seconds, rounded up, until a call is admitted; the rest of the minute where one is now.
    func wait(at now: LabInstant) -> Int {
        let milliseconds = hour.remaining(at: now) > 0 ? minute.rest(at: now) : hour.rest(at: now)
        return (milliseconds + 999) / 1000
    }

    /// The header fields of API Connect: name, comma and number of each window, with a semicolon after it.
    func headers(at now: LabInstant) -> [HeaderField] {
        func joined(_ number: (Window) -> Int) -> String {
            [minute, hour].map { "name=\($0.name),\(number($0));" }.joined(separator: " ")
        }
        return [
            HeaderField("X-RateLimit-Limit", joined(\.limit)),
            HeaderField("X-RateLimit-Remaining", joined { max(0, $0.remaining(at: now)) }),
            HeaderField("X-RateLimit-Reset", joined { ($0.rest(at: now) + 999) / 1000 }),
        ]
    }

    /// The state of both windows, for the control port.
    func state(at now: LabInstant) -> JSONValue {
        .object(
            [minute, hour].map { window in
                let value: JSONValue = [
                    "limit": .integer(window.limit), "remaining": .integer(window.remaining(at: now)),
                    "milliseconds": .integer(window.length), "resetInMilliseconds": .integer(window.rest(at: now)),
                ]
                return JSONValue.Member(name: window.name == "per-minute" ? "minute" : "hour", value: value)
            }
        )
    }
}
