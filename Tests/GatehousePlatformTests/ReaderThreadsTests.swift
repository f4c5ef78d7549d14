// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Dispatch
import GatehousePlatform
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReaderThreadsTests {
    /// Jobs that hang until the test lets them go.
    final class Gate: Sendable {
        private let opened = DispatchGroup()

        init() { opened.enter() }

        func open() { opened.leave() }
        func wait() { opened.wait() }
    }

    @Test func `a job's result comes back`() async throws {
        let readers = try ReaderThreads()
        #expect(try await readers.run(user: 1) { 6 * 7 } == 42)
    }

    @Test func `users whose jobs all hang cost nobody else anything`() async throws {
        let readers = try ReaderThreads(perUser: 2, total: 8)
        let gate = Gate()
        for user in [uid_t(1), 2, 3] {
            for _ in 0..<10 { readers.submit(user: user) { gate.wait() } }
        }
        #expect(try await readers.run(user: 4) { true })
        gate.open()
        await readers.settled()
    }

    @Test func `a user's closes run although all of its reads hang`() async throws {
        let readers = try ReaderThreads(perUser: 2, total: 8)
        let gate = Gate()
        for _ in 0..<10 { readers.submit(user: 1) { gate.wait() } }
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        var file: PassedFile? = PassedFile(owning: ends[1], user: 1, readers: readers)
        #expect(file?.number == ends[1])
        file = nil
        // The pipe's end is seen once its only writer is closed.
        let end = ends[0]
        let count = try await readers.run(user: 2) {
            var byte: UInt8 = 0
            return read(end, &byte, 1)
        }
        #expect(count == 0)
        close(ends[0])
        gate.open()
        await readers.settled()
    }

    @Test func `closes that are in no hurry are done though nobody asks for anything else`() async throws {
        let readers = try ReaderThreads(perUser: 2, total: 8)
        for _ in 0..<50 {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            // Threads that ended their work a moment ago.
            #expect(try await readers.run(user: 2) { true })
            var files = ends.map { PassedFile(owning: $0, user: 1, readers: readers) }
            #expect(readers.descriptorsHeld(by: 1) == 2)
            files = []
            await readers.settled()
            #expect(readers.descriptorsHeld(by: 1) == files.count)
        }
    }

    @Test func `closes and jobs run that come while another job hangs`() async throws {
        let readers = try ReaderThreads(perUser: 1, total: 8)
        for _ in 0..<50 {
            let gate = Gate()
            #expect(try await readers.run(user: 2) { true })
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            var files = ends.map { PassedFile(owning: $0, user: 1, readers: readers) }
            files = []
            readers.submit(user: 3) { gate.wait() }
            while readers.descriptorsHeld(by: 1) > files.count { await Task.yield() }
            #expect(try await readers.run(user: 4) { true })
            gate.open()
            await readers.settled()
        }
    }

    @Test func `a cancelled call returns while its job hangs`() async throws {
        let readers = try ReaderThreads(perUser: 1, total: 2)
        let gate = Gate()
        let started = Locked(false)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await readers.run(user: 1) {
                        started.withLock { $0 = true }
                        gate.wait()
                    }
                    return false
                } catch {
                    return true
                }
            }
            while !started.withLock({ $0 }) { await Task.yield() }
            group.cancelAll()
            #expect(await group.next() == true)
        }
        gate.open()
        await readers.settled()
    }

    @Test func `threads that ended for lack of work are started again`() async throws {
        let readers = try ReaderThreads(perUser: 4, total: 4, idle: .milliseconds(1))
        let ended = Locked(0)
        for _ in 0..<50 {
            // Each job ends once all four run, which takes four threads.
            let running = DispatchGroup()
            for _ in 0..<4 { running.enter() }
            for user in 0..<4 {
                readers.submit(user: uid_t(user)) {
                    running.leave()
                    running.wait()
                    ended.withLock { $0 += 1 }
                }
            }
            await readers.settled()
            while readers.threadCount > 1 { await Task.yield() }
        }
        #expect(ended.withLock { $0 } == 200)
    }
}

@Suite struct ReaderQueueTests {
    @Test func `jobs run in order for one user and in turn between users`() {
        var queue = ReaderQueue<String>(perUser: 8)
        for job in ["a1", "a2", "a3"] { queue.add(job, user: 1, isClose: false) }
        queue.add("b1", user: 2, isClose: false)
        queue.add("a0", user: 1, isClose: true)
        #expect((0..<6).map { _ in queue.next()?.job } == ["a0", "b1", "a1", "a2", "a3", nil])
    }

    @Test func `a job waits that may run now, or none does`() {
        var queue = ReaderQueue<String>(perUser: 1)
        #expect(!queue.hasNext(closes: false) && !queue.hasNext(closes: true))
        queue.add("a1", user: 1, isClose: false)
        #expect(queue.hasNext(closes: false) && !queue.hasNext(closes: true))
        queue.add("a2", user: 1, isClose: false)
        #expect(queue.next()?.job == "a1")
        #expect(!queue.hasNext(closes: false))
        queue.add("c1", user: 1, isClose: true)
        #expect(!queue.hasNext(closes: false) && queue.hasNext(closes: true))
        queue.add("b1", user: 2, isClose: false)
        #expect(queue.hasNext(closes: false))
    }

    @Test func `a user has its number of places and one more for a close`() {
        var queue = ReaderQueue<String>(perUser: 1)
        queue.add("a1", user: 1, isClose: false)
        queue.add("a2", user: 1, isClose: false)
        #expect(queue.next()?.job == "a1")
        #expect(queue.next() == nil)
        queue.add("c1", user: 1, isClose: true)
        queue.add("c2", user: 1, isClose: true)
        #expect(queue.next()?.job == "c1")
        #expect(queue.next() == nil)
        queue.ended(user: 1)
        #expect(queue.next()?.job == "c2")
        queue.ended(user: 1)
        queue.ended(user: 1)
        #expect(queue.next()?.job == "a2")
        queue.ended(user: 1)
        #expect(queue.isEmpty)
        queue.ended(user: 1)
        #expect(queue.running == 0)
    }
}
