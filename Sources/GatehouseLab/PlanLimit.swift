// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A plan's allowance in two fixed windows, which start at each whole minute and hour (protocol page, section 5).
package struct PlanLimit: Equatable, Sendable {
    private let perMinute: Int
    private let perHour: Int
    private var minute = Window()
    private var hour = Window()

    private struct Window: Equatable {
        var index = Int.min
        var used = 0

        mutating func move(to index: Int) {
            guard index != self.index else { return }
            self = Window(index: index, used: 0)
        }
    }

    /// Makes a limit of so many calls in each minute and in each hour.
    package init(perMinute: Int, perHour: Int) {
        self.perMinute = perMinute
        self.perHour = perHour
    }

    /// Spends one call, or says no and spends nothing.
    package mutating func admit(at now: LabInstant) -> Bool {
        minute.move(to: now.milliseconds / 60_000)
        hour.move(to: now.milliseconds / 3_600_000)
        guard minute.used < perMinute, hour.used < perHour else { return false }
        minute.used += 1
        hour.used += 1
        return true
    }
}
