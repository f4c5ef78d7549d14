// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Names one timer of one loop.
package struct TimerID: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// Timers in the order in which they are due: a binary heap from which the cancelled are dropped late.
struct TimerQueue {
    private struct Entry {
        let instant: Instant
        let id: TimerID
    }

    private var heap: [Entry] = []
    private var actions: [TimerID: @Sendable () -> Void] = [:]
    private var nextNumber: UInt64 = 1

    /// When the next timer is due.
    var next: Instant? {
        mutating get {
            dropCancelled()
            return heap.first?.instant
        }
    }

    mutating func add(at instant: Instant, _ action: @escaping @Sendable () -> Void) -> TimerID {
        let id = TimerID(number: nextNumber)
        nextNumber += 1
        actions[id] = action
        heap.append(Entry(instant: instant, id: id))
        siftUp(heap.count - 1)
        return id
    }

    mutating func cancel(_ id: TimerID) {
        guard actions.removeValue(forKey: id) != nil else { return }
        // Requests set far deadlines and are done soon: without this, the heap would hold every one of them till then.
        guard heap.count > 64, heap.count > 2 * actions.count else { return }
        heap.removeAll { actions[$0.id] == nil }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    /// Removes and returns the action of the first timer that is due.
    mutating func takeDue(at now: Instant) -> (@Sendable () -> Void)? {
        guard let next, next <= now else { return nil }
        return actions.removeValue(forKey: removeFirst().id)
    }

    private mutating func dropCancelled() {
        while let first = heap.first, actions[first.id] == nil { _ = removeFirst() }
    }

    private mutating func removeFirst() -> Entry {
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        siftDown(0)
        return first
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].instant < heap[parent].instant else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && heap[child].instant < heap[smallest].instant {
                smallest = child
            }
            guard smallest != index else { return }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}
