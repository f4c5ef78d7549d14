// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseDaemon

/// When the state is stored, and tried again.
@Suite struct StoreScheduleTests {
    enum Event: Sendable {
        case changed, began, foundNothing, stored, failed, closed
    }

    /// What happens after so many milliseconds, and when a record is due then.
    struct Step: Sendable {
        let at: Int
        let event: Event
        let due: Int?

        init(_ at: Int, _ event: Event, due: Int? = nil) {
            self.at = at
            self.event = event
            self.due = due
        }
    }

    private static func instant(_ milliseconds: Int) -> Instant {
        Instant(nanoseconds: 0) + .milliseconds(milliseconds)
    }

    private func apply(_ event: Event, at now: Instant, to schedule: inout StoreSchedule) {
        switch event {
        case .changed: schedule.changed(now: now)
        case .began: schedule.began()
        case .foundNothing: schedule.foundNothing()
        case .stored: schedule.ended(isStored: true, now: now)
        case .failed: schedule.ended(isStored: false, now: now)
        case .closed: schedule.close()
        }
    }

    static let table: [(name: String, steps: [Step])] = [
        (
            "what changes together is one record, and the next comes a second later",
            [
                Step(0, .changed, due: 50), Step(40, .changed, due: 50), Step(50, .began), Step(60, .stored),
                Step(70, .changed, due: 1060), Step(1060, .began), Step(1060, .stored),
                Step(9000, .changed, due: 9050),
            ]
        ),
        (
            "what changes while a record is on its way goes into the next",
            [Step(0, .changed, due: 50), Step(50, .began), Step(55, .changed), Step(60, .stored, due: 1060)]
        ),
        (
            "what could not be stored is tried again, and once it is stored nothing is due",
            [
                Step(0, .changed, due: 50), Step(50, .began), Step(60, .failed, due: 1060), Step(1060, .began),
                Step(1060, .failed, due: 3060), Step(3060, .began), Step(3070, .stored),
            ]
        ),
        (
            "a change takes the place of what would be tried again, no sooner than a second after it",
            [
                Step(0, .changed, due: 50), Step(50, .began), Step(50, .failed, due: 1050), Step(1050, .began),
                Step(1050, .failed, due: 3050), Step(1100, .changed, due: 2050), Step(1200, .changed, due: 2050),
                Step(2050, .began), Step(2060, .stored), Step(4000, .changed, due: 4050),
            ]
        ),
        (
            "a change after that second does not wait for the repetition",
            [
                Step(0, .changed, due: 50), Step(50, .began), Step(50, .failed, due: 1050), Step(1050, .began),
                Step(1050, .failed, due: 3050), Step(2500, .changed, due: 2550),
            ]
        ),
        (
            "a change that came while the record failed takes its place too",
            [Step(0, .changed, due: 50), Step(50, .began), Step(55, .changed), Step(60, .failed, due: 1060)]
        ),
        (
            "the pause goes on growing over changes that cannot be stored either",
            [
                Step(0, .changed, due: 50), Step(50, .began), Step(50, .failed, due: 1050),
                Step(200, .changed, due: 1050), Step(1050, .began), Step(1050, .failed, due: 3050),
                Step(3050, .began), Step(3050, .failed, due: 7050),
            ]
        ),
        (
            "once stored, the pause begins anew",
            [
                Step(0, .changed, due: 50), Step(50, .began), Step(50, .failed, due: 1050), Step(1050, .began),
                Step(1050, .failed, due: 3050), Step(3050, .began), Step(3050, .stored),
                Step(5000, .changed, due: 5050), Step(5050, .began), Step(5050, .failed, due: 6050),
            ]
        ),
        (
            "where there is nothing to store any more, nothing is due",
            [
                Step(0, .changed, due: 50), Step(50, .began), Step(50, .failed, due: 1050), Step(1050, .began),
                Step(1050, .foundNothing), Step(2000, .changed, due: 2050),
            ]
        ),
        (
            "at the end nothing is tried again",
            [
                Step(0, .changed, due: 50), Step(50, .began), Step(50, .failed, due: 1050), Step(100, .closed),
                Step(110, .changed), Step(120, .began), Step(130, .failed),
            ]
        ),
        (
            "what fails after the end has begun is not tried again",
            [Step(0, .changed, due: 50), Step(50, .began), Step(60, .changed), Step(70, .closed), Step(80, .failed)]
        ),
    ]

    @Test(arguments: table.indices)
    func `when the next record is due`(index: Int) {
        let (name, steps) = Self.table[index]
        var schedule = StoreSchedule()
        for step in steps {
            apply(step.event, at: Self.instant(step.at), to: &schedule)
            #expect(schedule.due == step.due.map(Self.instant), "\(name): \(step)")
        }
    }

    @Test func `the pause doubles up to a minute and stays there`() {
        var schedule = StoreSchedule()
        var now = Self.instant(0)
        schedule.changed(now: now)
        var pauses: [Duration] = []
        for _ in 0..<1000 {
            schedule.began()
            #expect(schedule.due == nil && schedule.isStoring)
            schedule.ended(isStored: false, now: now)
            guard let due = schedule.due else { break }
            pauses.append(due - now)
            now = due
        }
        #expect(Array(pauses.prefix(7)) == [1, 2, 4, 8, 16, 32, 60].map { Duration.seconds($0) })
        #expect(pauses.count == 1000 && pauses[6...].allSatisfy { $0 == .seconds(60) })
        #expect(schedule.failures == 1000)
    }
}
