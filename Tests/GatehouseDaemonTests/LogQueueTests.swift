// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import Glibc
import Logging
import Testing

@testable import GatehouseDaemon

/// An output that somebody holds up.
private struct GatedOutput: LogOutput {
    let lines = Locked<[String]>([])
    private let gate: Wake
    let arrived: Wake

    init() throws {
        gate = try Wake()
        arrived = try Wake()
    }

    func write(_ records: [LogRecord]) -> Int {
        guard !records.isEmpty else { return 0 }
        arrived.raise()
        gate.await(milliseconds: -1)
        // Open for good.
        gate.raise()
        lines.withLock { $0 += records.map(TextLine.text) }
        return 0
    }

    func open() { gate.raise() }
}

/// An output that takes nothing as long as it is told so.
private struct BrokenOutput: LogOutput {
    let isBroken = Locked(true)
    let lines = Locked<[String]>([])

    func write(_ records: [LogRecord]) -> Int {
        guard !isBroken.withLock({ $0 }) else { return records.count }
        lines.withLock { $0 += records.map(TextLine.text) }
        return 0
    }
}

@Suite struct LogQueueTests {
    private func message(_ number: Int) -> LogRecord { .message(.notice, "m\(number)", [:]) }

    @Test func `a stuck output takes nobody's time: what finds no room is refused, counted, and told once it flows`()
        throws
    {
        let output = try GatedOutput()
        let queue = try LogQueue(to: output, capacity: 4)
        #expect(queue.write(message(0)))
        output.arrived.await(milliseconds: 20_000)
        // The thread holds the first; four more find room.
        for number in 1...4 { #expect(queue.write(message(number))) }
        for number in 5...7 { #expect(!queue.write(message(number))) }
        #expect(queue.status == Status.Log(waiting: 5, lost: 3))
        output.open()
        queue.finish(within: 20_000)
        let wanted = (0...4).map { "notice: m\($0)" }
        let lines = output.lines.withLock { $0 }
        #expect(lines.filter { !$0.contains("lost") } == wanted)
        #expect(lines.filter { $0.contains("lost") } == ["gatehoused: 3 log lines were lost"])
        #expect(queue.status == Status.Log(waiting: 0, lost: 3))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a wake that somebody has put off is not relied on by others`() throws {
        let output = try GatedOutput()
        output.open()
        let queue = try LogQueue(to: output)
        #expect(queue.write(message(0)) { _ in })
        #expect(queue.write(message(1)) { _ in })
        #expect(queue.write(message(2)))
        while queue.status.waiting > 0 { sched_yield() }
        queue.finish()
        #expect(output.lines.withLock { $0 }.count == 3)
    }

    @Test func `an output that never comes back does not hold up the end`() throws {
        let output = try GatedOutput()
        let queue = try LogQueue(to: output, capacity: 4)
        #expect(queue.write(message(0)))
        output.arrived.await(milliseconds: 20_000)
        queue.finish(within: 1)
        #expect(!queue.write(message(1)))
        output.open()
    }

    @Test func `what an output lost is told once it takes something again`() throws {
        let output = BrokenOutput()
        let queue = try LogQueue(to: output)
        #expect(queue.write(message(0)))
        while queue.status.lost < 1 { sched_yield() }
        output.isBroken.withLock { $0 = false }
        #expect(queue.write(message(1)))
        queue.finish(within: 20_000)
        // The output may take things again just before the loss is told, or after.
        #expect(output.lines.withLock { $0.sorted() } == ["gatehoused: 1 log lines were lost", "notice: m1"])
    }
}
