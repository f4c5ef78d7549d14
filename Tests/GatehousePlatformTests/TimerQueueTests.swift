// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehousePlatform

struct TimerQueueTests {
    /// What a fired action leaves behind.
    private let fired = Locked<Int64>(-1)

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `timers come due like the elements of a sorted array`(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var queue = TimerQueue()
        var wanted: [(instant: Int64, key: Int64, id: TimerID)] = []
        var firstCancelled: TimerID?
        for key in 0..<3000 as Range<Int64> {
            switch random(10) {
            case 0..<5:
                // Far fewer instants than timers, so that many are due together.
                let instant = Int64(random(500))
                let id = queue.add(at: Instant(nanoseconds: instant)) { [fired] in fired.withLock { $0 = key } }
                wanted.append((instant, key, id))
            case 5..<8:
                guard !wanted.isEmpty else { break }
                let removed = wanted.remove(at: Int(random(UInt64(wanted.count))))
                firstCancelled = firstCancelled ?? removed.id
                queue.cancel(removed.id)
                if let firstCancelled { queue.cancel(firstCancelled) }
            default:
                let now = Int64(random(500))
                while let action = queue.takeDue(at: Instant(nanoseconds: now)) {
                    action()
                    let earliest = wanted.map(\.instant).min()
                    let index = wanted.firstIndex { entry in entry.key == fired.withLock { $0 } }
                    guard let index, wanted[index].instant == earliest, wanted[index].instant <= now else {
                        Issue.record("a timer that was cancelled, had fired or was not the next")
                        return
                    }
                    wanted.remove(at: index)
                }
                #expect(wanted.allSatisfy { $0.instant > now })
            }
            guard queue.next?.nanoseconds == wanted.map(\.instant).min() else {
                Issue.record("another timer than the earliest is next")
                return
            }
        }
    }

    @Test func `an empty queue has nothing due`() {
        var queue = TimerQueue()
        #expect(queue.next == nil)
        #expect(queue.takeDue(at: Instant(nanoseconds: .max)) == nil)
    }
}
