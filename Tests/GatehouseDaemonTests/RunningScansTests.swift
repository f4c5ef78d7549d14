// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import Testing

@testable import GatehouseDaemon

struct RunningScansTests {
    private func begin(_ running: RunningScans) {
        running.began("r", profile: "p", user: 1, at: Timestamp(unixMilliseconds: 0))
    }

    // A reader's job that goes on after its scan was cancelled told of its bytes between the two.
    @Test func `nothing is told of a scan after its end`() {
        let running = RunningScans()
        let states = Locked<[String]>([])
        running.observe { report, _ in
            states.withLock { $0.append(report.state) }
            if report.state == "done" { running.sent("r", 2, of: 3) }
        }
        begin(running)
        running.sent("r", 1, of: 3)
        running.ended("r", "clean", size: 3)
        #expect(states.withLock { $0 } == ["waiting", "sending", "done"])
        #expect(running.all(of: nil).isEmpty)
    }

    // Told by one thread and looked at by another, it may come after the end.
    @Test func `what was told of a scan is over with its end, which is not`() {
        let running = RunningScans()
        let reports = Locked<[ScanReport]>([])
        running.observe { report, _ in reports.withLock { $0.append(report) } }
        begin(running)
        running.sent("r", 1, of: 3)
        #expect(reports.withLock { $0 }.map(running.isOver) == [false, false])
        running.ended("r", "clean", size: 3)
        #expect(reports.withLock { $0 }.map(running.isOver) == [true, true, false])
    }
}

struct CalendarTests {
    @Test(arguments: [
        (Int64.min, Int64.max), (.max, .min), (0, .min), (-1, .max), (0, 0),
    ])
    func `no two instants are too far apart to be told`(instant: Int64, now: Int64) {
        let calendar = Calendar(now: Instant(nanoseconds: now), unixTime: 1_700_000_000)
        let timestamp = calendar.timestamp(Instant(nanoseconds: instant))
        #expect((timestamp > calendar.timestamp(calendar.now)) == (instant > now))
    }
}
