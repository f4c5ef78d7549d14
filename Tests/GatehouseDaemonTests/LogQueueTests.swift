// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
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

    /// A disk that is full for a while takes a part of what is written.
    @Test func `a line that was cut is not gone on with by the next one, and counts as lost with those after it`()
        throws
    {
        let page = 4096
        let first = try file(sized: page)
        var output = TextOutput(descriptor: first.number)
        let records = (0..<page / 8).map(message)
        let lost = output.write(records)
        let written = try text(first)
        #expect(written.utf8.count == page && !written.hasSuffix("\n"))
        #expect(lost == records.count - written.utf8.count { $0 == UInt8(ascii: "\n") })
        let second = try file(sized: page)
        #expect(dup2(second.number, first.number) == first.number)
        #expect(output.write([message(1)]) == 0)
        #expect(output.write([message(2)]) == 0)
        #expect(try text(second).hasPrefix("\nnotice: m1\nnotice: m2\n\0"))
    }

    /// A file in memory that cannot grow (F_ADD_SEALS of fcntl(2), F_SEAL_GROW).
    private func file(sized size: Int) throws -> Descriptor {
        let descriptor = Descriptor(owning: gatehouse_memory_file("log"))
        try #require(ftruncate(descriptor.number, size) == 0 && fcntl(descriptor.number, 1033, 4) == 0)
        return descriptor
    }

    private func text(_ descriptor: borrowing Descriptor) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = pread(descriptor.number, &bytes, bytes.count, 0)
        try #require(count >= 0)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
