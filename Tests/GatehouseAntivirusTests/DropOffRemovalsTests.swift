// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

@testable import GatehouseAntivirus

/// What was left for engines is taken away, and a failure is not the last word.
@Suite(.timeLimit(.minutes(1))) struct DropOffRemovalsTests {
    /// A file whose removal fails a number of times.
    private final class StubbornDrop: Drop {
        let failures: Int
        let tries = Locked(0)

        init(failures: Int) { self.failures = failures }

        func put(_ source: UploadSource, user: uid_t, until deadline: Instant) async throws(DropError) {}
        func isUntouched() async throws(DropError) -> Bool { true }

        func remove() async throws(DropError) {
            let count = tries.withLock { tries in
                tries += 1
                return tries
            }
            if count <= failures { throw DropError(.failed, "not now") }
        }
    }

    /// A folder that counts how often it is looked through.
    private struct CountingFolder: DropFolder {
        let looks = Notes()

        func drop(as name: DropName) -> any Drop { StubbornDrop(failures: 0) }

        func removeLeftovers(before time: Int64) async throws(DropError) -> Int {
            looks.add("before \(time)")
            return 0
        }
    }

    private static let spawner = TaskSpawner { body in
        let task = Task { await body() }
        return TaskSpawner.Running(cancel: { task.cancel() })
    }

    @Test(arguments: [(0, 1), (1, 2), (2, 3), (9, 3)])
    func `a removal that fails is tried again twice, and only the last failure is told`(
        _ failures: Int,
        _ tries: Int
    ) async {
        let (pauses, reports) = (Notes(), Notes())
        let removals = DropOffRemovals(
            spawner: Self.spawner,
            time: StillTime(),
            pause: { pauses.add("\($0)") },
            report: { reports.add($0) }
        )
        let drop = StubbornDrop(failures: failures)
        removals.remove(drop)
        while drop.tries.withLock({ $0 }) < tries { await Task.yield() }
        await removals.settled()
        #expect(drop.tries.withLock { $0 } == tries)
        #expect(pauses.all == Array(["5.0 seconds", "90.0 seconds"].prefix(tries - 1)))
        #expect(reports.all.count == (failures > 2 ? 1 : 0))
    }

    @Test func `at the end a pause is cut short for one more try`() async {
        let (pauses, reports) = (Notes(), Notes())
        let removals = DropOffRemovals(
            spawner: Self.spawner,
            time: StillTime(),
            pause: { _ in
                pauses.add("begun")
                // Ends when it is cancelled, and not before.
                let (never, continuation) = AsyncStream<Never>.makeStream()
                for await _ in never {}
                withExtendedLifetime(continuation) {}
            },
            report: { reports.add($0) }
        )
        let drop = StubbornDrop(failures: 9)
        removals.remove(drop)
        while pauses.all.isEmpty { await Task.yield() }
        #expect(removals.isAtWork)
        await removals.settled()
        #expect(!removals.isAtWork)
        #expect(drop.tries.withLock { $0 } == 2)
        #expect(reports.all == ["a large file could not be removed after its scan: not now"])
    }

    @Test func `a folder is looked through at first, and again where the last look is an hour old`() async {
        let time = StillTime(unixTime: 10_000)
        let folder = CountingFolder()
        let removals = DropOffRemovals(spawner: Self.spawner, time: time) { _ in }
        let looks = LeftoverLooks(in: folder, removals)
        for minutes in [0, 59, 1, 59] {
            time.pass(.seconds(60 * minutes))
            looks.lookIfDue()
            looks.lookIfDue()
        }
        await removals.settled()
        #expect(folder.looks.all.sorted() == ["before 10000", "before 6400"])
    }
}
