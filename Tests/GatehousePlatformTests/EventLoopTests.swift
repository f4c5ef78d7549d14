// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc
import Testing

@testable import GatehousePlatform

@Suite(.timeLimit(.minutes(1)))
struct EventLoopTests {
    /// An actor that lives on a loop and lets a test run code there.
    actor Resident {
        nonisolated let loop: EventLoop
        private(set) var count = 0

        init(_ loop: EventLoop) {
            self.loop = loop
        }

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        func run<Value: Sendable>(_ body: @Sendable (EventLoop) throws -> Value) rethrows -> Value {
            try body(loop)
        }

        func add() -> Bool {
            count += 1
            return loop.isCurrent
        }
    }

    /// What happened on the loop, in its order.
    final class Journal: ReadinessHandler, TurnEndHandler {
        let entries = Locked<[String]>([])
        let events: AsyncStream<String>
        private let continuation: AsyncStream<String>.Continuation
        private let onEvent: @Sendable () -> Void

        init(onEvent: @escaping @Sendable () -> Void = {}) {
            (events, continuation) = AsyncStream.makeStream()
            self.onEvent = onEvent
        }

        func note(_ entry: String) {
            entries.withLock { $0.append(entry) }
            continuation.yield(entry)
        }

        func handle(_ readiness: Readiness) {
            note("ready")
            onEvent()
        }

        func turnEnded() {
            note("turn end")
            onEvent()
        }

        /// Waits until that entry has been made.
        func wait(for entry: String) async {
            for await event in events where event == entry { return }
        }
    }

    private func withLoop(_ body: (Resident) async throws -> Void) async throws {
        let loop = try EventLoop()
        let (ended, continuation) = AsyncStream<Never>.makeStream()
        try Thread.start("loop-test") {
            loop.run()
            continuation.finish()
        }
        let resident = Resident(loop)
        let result: Result<Void, any Error>
        do {
            try await body(resident)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await resident.run { $0.stop() }
        for await _ in ended {}
        #expect(!loop.isCurrent)
        try result.get()
    }

    @Test func `jobs from many threads run on the loop, each once`() async throws {
        try await withLoop { resident in
            let onLoop = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<1000 { group.addTask { await resident.add() } }
                return await group.reduce(true) { $0 && $1 }
            }
            #expect(onLoop)
            #expect(await resident.count == 1000)
            #expect(!resident.loop.isCurrent)
        }
    }

    @Test func `timers fire in the order of their instants, and a cancelled one never`() async throws {
        try await withLoop { resident in
            let journal = Journal()
            await resident.run { loop in
                let now = loop.time.now
                for delay in [7, 3, 5, 1, 9] {
                    loop.schedule(at: now + .milliseconds(delay)) { journal.note("\(delay)") }
                }
                let gone = loop.schedule(at: now + .milliseconds(4)) { journal.note("cancelled") }
                loop.schedule(at: now + .milliseconds(2)) { loop.cancel(gone) }
                loop.schedule(at: Instant(nanoseconds: 0)) { journal.note("past") }
                loop.schedule(at: now + .milliseconds(12)) { journal.note("end") }
            }
            await journal.wait(for: "end")
            #expect(journal.entries.withLock { $0 } == ["past", "1", "3", "5", "7", "9", "end"])
        }
    }

    @Test func `a timer that is due in the same turn can still be cancelled`() async throws {
        try await withLoop { resident in
            let journal = Journal()
            await resident.run { loop in
                let now = loop.time.now
                let second = Locked<TimerID?>(nil)
                loop.schedule(at: now) {
                    journal.note("first")
                    if let timer = second.withLock({ $0 }) { loop.cancel(timer) }
                    loop.schedule(at: now) { journal.note("end") }
                }
                let timer = loop.schedule(at: now + .nanoseconds(1)) { journal.note("second") }
                second.withLock { $0 = timer }
            }
            await journal.wait(for: "end")
            #expect(journal.entries.withLock { $0 } == ["first", "end"])
        }
    }

    @Test func `a source that an earlier event of the turn removed gets no event`() async throws {
        try await withLoop { resident in
            let bells = [eventfd(1, Int32(EFD_NONBLOCK)), eventfd(1, Int32(EFD_NONBLOCK))]
            let loop = resident.loop
            // Both are ready at once; whichever comes first removes both.
            let journal = Journal { bells.forEach { loop.remove($0) } }
            try await resident.run { loop in
                for bell in bells { try loop.add(bell, .readable, journal) }
            }
            await journal.wait(for: "ready")
            // A turn later, by which the second event would have come.
            await resident.run { _ in }
            #expect(journal.entries.withLock { $0 } == ["ready"])
            for bell in bells { close(bell) }
        }
    }

    @Test func `adding a descriptor twice is refused and the first stays`() async throws {
        try await withLoop { resident in
            let bell = eventfd(0, Int32(EFD_NONBLOCK))
            let journal = Journal()
            try await resident.run { loop in
                try loop.add(bell, .readable, journal)
                #expect(throws: SystemError(code: EEXIST, call: "epoll_ctl")) {
                    try loop.add(bell, .readable, Journal())
                }
                #expect(loop.sources[bell]?.handler === journal)
                loop.remove(bell)
            }
            close(bell)
        }
    }

    @Test func `the end of a turn is called once for each registration`() async throws {
        try await withLoop { resident in
            let journal = Journal()
            await resident.run { $0.callAtTurnEnd(journal) }
            await journal.wait(for: "turn end")
            for _ in 0..<10 { await resident.run { _ in } }
            #expect(journal.entries.withLock { $0 } == ["turn end"])
        }
    }

    @Test func `what comes after a turn is called when every end of it was, and once`() async throws {
        try await withLoop { resident in
            let last = Journal()
            let atEnd = Journal()
            let other = Journal { last.note("the other end") }
            await resident.run { loop in
                loop.callAfterTurn(last)
                loop.callAtTurnEnd(atEnd)
                loop.callAtTurnEnd(other)
            }
            await last.wait(for: "turn end")
            for _ in 0..<10 { await resident.run { _ in } }
            #expect(last.entries.withLock { $0 } == ["the other end", "turn end"])
            #expect(atEnd.entries.withLock { $0 } == ["turn end"])
        }
    }

    @Test func `what the end of a turn registers is called without waiting for an event`() async throws {
        try await withLoop { resident in
            let second = Journal()
            let loop = resident.loop
            let first = Journal { loop.callAtTurnEnd(second) }
            await resident.run { $0.callAtTurnEnd(first) }
            await second.wait(for: "turn end")
            #expect(first.entries.withLock { $0 } == ["turn end"])
        }
    }
}
