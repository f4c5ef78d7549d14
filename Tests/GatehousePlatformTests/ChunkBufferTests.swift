// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

struct ChunkBufferTests {
    private func bytes(_ count: Int, from first: Int = 0) -> [UInt8] {
        (first..<first + count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    }

    /// Takes everything that is there from a position on, in pieces of at most `step` bytes.
    private func drain(_ contents: inout ChunkBufferContents, from start: Int64 = 0, step: Int = 5) -> [UInt8] {
        var taken: [UInt8] = []
        while case .bytes(let part) = contents.part(at: start + Int64(taken.count)) {
            taken += part.prefix(step)
            _ = contents.take(upTo: start + Int64(taken.count))
        }
        return taken
    }

    @Test(arguments: [1, 7, 100_000], [1, 3, 65_536])
    func `bytes come out as they went in, whatever the pieces`(_ piece: Int, _ step: Int) {
        var contents = ChunkBufferContents(capacity: 1000, kept: 100)
        let all = bytes(piece * 3)
        var taken: [UInt8] = []
        for start in stride(from: 0, to: all.count, by: piece) {
            contents.append(Array(all[start..<start + piece]))
            taken += drain(&contents, from: Int64(taken.count), step: step)
            #expect(contents.part(at: Int64(taken.count)) == .nothing)
        }
        contents.complete()
        #expect(taken == all)
        #expect(contents.part(at: Int64(taken.count)) == .end)
    }

    @Test func `nothing but complete makes an end, and nothing comes after it`() {
        var contents = ChunkBufferContents(capacity: 10, kept: 10)
        #expect(contents.part(at: 0) == .nothing)
        contents.append([1])
        #expect(contents.part(at: 1) == .nothing)
        contents.complete()
        contents.append([2])
        #expect(contents.received == 1)
        #expect(contents.part(at: 1) == .end)
    }

    @Test func `it is full at its capacity and has room again when half of it is free`() {
        var contents = ChunkBufferContents(capacity: 10, kept: 0)
        contents.append(bytes(9))
        #expect(!contents.isFull)
        contents.append(bytes(20))
        #expect(contents.isFull)
        let early = contents.take(upTo: 23)
        #expect(!early)
        let inTime = contents.take(upTo: 24)
        #expect(inTime)
        #expect(!contents.isFull)
        let again = contents.take(upTo: 25)
        #expect(!again, "told once")
    }

    @Test func `a complete buffer is never full, since nothing more can come`() {
        var contents = ChunkBufferContents(capacity: 10, kept: 0)
        contents.append(bytes(20))
        contents.complete()
        #expect(!contents.isFull)
        let again = contents.take(upTo: 0)
        #expect(!again && !contents.isFull)
    }

    @Test func `the first bytes stay until more than they were taken, and then go`() {
        var contents = ChunkBufferContents(capacity: 1 << 20, kept: 200_000)
        contents.append(bytes(150_000))
        contents.append(bytes(150_000))
        _ = contents.take(upTo: 200_000)
        #expect(contents.holdsAll)
        let first = drain(&contents, from: 0, step: 65_536)
        #expect(first.count == 300_000)
        #expect(!contents.holdsAll)
        #expect(contents.part(at: 0) == .gone)
        #expect(contents.part(at: 300_000) == .nothing)
    }

    @Test func `a reader that found nothing is woken once, and whoever waits for room is called`() async {
        let buffer = ChunkBuffer(capacity: 10, kept: 0)
        let woken = Locked(0)
        let rooms = Locked(0)
        buffer.whenRoom { rooms.withLock { $0 += 1 } }
        #expect(buffer.beginTaking { woken.withLock { $0 += 1 } })
        buffer.append([1])
        #expect(woken.withLock { $0 } == 0, "nobody waited")
        #expect(buffer.part(at: 1) == .nothing)
        buffer.append(bytes(20))
        buffer.append([2])
        #expect(woken.withLock { $0 } == 1)
        #expect(buffer.isFull)
        buffer.take(upTo: 22)
        #expect(rooms.withLock { $0 } == 1)
        #expect(!buffer.beginTaking {}, "the first bytes are gone")
        buffer.endTaking()
        #expect(buffer.part(at: 22) == .nothing)
        buffer.complete()
        #expect(woken.withLock { $0 } == 1, "nobody is woken after the end")
    }

    @Test(arguments: [true, false])
    func `waiting for a size ends with enough bytes, with a full buffer, with the end or with the task`(
        _ comesEarly: Bool
    ) async {
        for action in 0..<4 {
            let buffer = ChunkBuffer(capacity: action == 1 ? 5 : 100)
            buffer.append([1])
            let act: @Sendable (Task<Bool, Never>) -> Void = { task in
                switch action {
                case 0: buffer.append(Array(repeating: 2, count: 9))
                case 1: buffer.append(Array(repeating: 2, count: 4))
                case 2: buffer.complete()
                default: task.cancel()
                }
            }
            let task = Task { await buffer.waitForSize(orBytes: 10) }
            if comesEarly { act(task) }
            await Task.yield()
            if !comesEarly {
                buffer.append([3])
                act(task)
            }
            #expect(await task.value == (action != 3))
        }
    }

    @Test(arguments: [true, false])
    func `waiting for the first byte ends with a byte, with the end or with the task`(_ comesEarly: Bool) async {
        for action in 0..<3 {
            let buffer = ChunkBuffer()
            if comesEarly, action == 0 { buffer.append([1]) }
            if comesEarly, action == 1 { buffer.complete() }
            let task = Task { await buffer.waitForFirst() }
            if comesEarly, action == 2 { task.cancel() }
            await Task.yield()
            if !comesEarly {
                switch action {
                case 0: buffer.append([1])
                case 1: buffer.complete()
                default: task.cancel()
                }
            }
            #expect(await task.value == (action != 2))
        }
    }
}
