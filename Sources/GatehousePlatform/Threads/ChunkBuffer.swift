// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The bytes of one upload on their way from the connection that receives them to the transfer that sends them.
///
/// One side appends and is told when it is full and when there is room again; the other takes and is woken when there is
/// more. Without ``complete()`` it has no end: what is cut off never looks whole.
package final class ChunkBuffer: Sendable {
    private struct Parties {
        var contents: ChunkBufferContents
        /// Called when a full buffer has room again.
        var whenRoom: (@Sendable () -> Void)?
        /// Called when a reader that found nothing can go on.
        var wake: (@Sendable () -> Void)?
        var isReaderWaiting = false
        var firstWaiter: CheckedContinuation<Bool, Never>?
        /// Waits for so many bytes, or for a size.
        var sizeWaiter: (bytes: Int64, continuation: CheckedContinuation<Bool, Never>)?
        var isAbandoned = false

        mutating func takeWake() -> (@Sendable () -> Void)? {
            defer { isReaderWaiting = false }
            return isReaderWaiting ? wake : nil
        }

        mutating func takeFirstWaiter() -> CheckedContinuation<Bool, Never>? {
            defer { firstWaiter = nil }
            return firstWaiter
        }

        func hasSizeOr(_ bytes: Int64) -> Bool {
            contents.isComplete || contents.isFull || contents.received >= bytes
        }

        mutating func takeSizeWaiter() -> CheckedContinuation<Bool, Never>? {
            guard let waiter = sizeWaiter, isAbandoned || hasSizeOr(waiter.bytes) else { return nil }
            sizeWaiter = nil
            return waiter.continuation
        }
    }

    /// From so many bytes on that nobody has taken a buffer is full.
    package static let capacity = 1 << 20
    /// So many of its first bytes stay for another attempt.
    package static let kept = 1 << 20

    private let parties: Locked<Parties>

    /// An empty buffer.
    ///
    /// It is full from `capacity` bytes on that nobody has taken; the first `kept` bytes stay for another attempt until
    /// more than that were taken. So it holds less than both and the piece that filled it, in bytes.
    package init(capacity: Int = ChunkBuffer.capacity, kept: Int = ChunkBuffer.kept) {
        parties = Locked(Parties(contents: ChunkBufferContents(capacity: capacity, kept: kept)))
    }

    // MARK: The receiving side

    /// Sets what is called, from any thread, each time when a full buffer has room again.
    package func whenRoom(_ action: @escaping @Sendable () -> Void) {
        parties.withLock { $0.whenRoom = action }
    }

    /// Adds bytes, whether it is full or not; nothing after ``complete()``.
    package func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        let (wake, waiter, sizeWaiter) = parties.withLock { parties in
            parties.contents.append(bytes)
            return (parties.takeWake(), parties.takeFirstWaiter(), parties.takeSizeWaiter())
        }
        wake?()
        waiter?.resume(returning: true)
        sizeWaiter?.resume(returning: true)
    }

    /// Says that all bytes have come.
    package func complete() {
        let (wake, waiter, sizeWaiter) = parties.withLock { parties in
            parties.contents.complete()
            return (parties.takeWake(), parties.takeFirstWaiter(), parties.takeSizeWaiter())
        }
        wake?()
        waiter?.resume(returning: true)
        sizeWaiter?.resume(returning: true)
    }

    /// How many bytes have come.
    package var received: Int64 { parties.withLock { $0.contents.received } }

    /// Whether ``complete()`` was called.
    package var isComplete: Bool { parties.withLock { $0.contents.isComplete } }

    /// Whether nothing should be added before there is room again; never once it is complete.
    package var isFull: Bool { parties.withLock { $0.contents.isFull } }

    // MARK: The sending side

    /// Waits for the first byte or the end; false where the task is cancelled first.
    package func waitForFirst() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = parties.withLock { parties in
                    if parties.isAbandoned { return false }
                    if parties.contents.received > 0 || parties.contents.isComplete { return true }
                    parties.firstWaiter = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = parties.withLock { parties in
                parties.isAbandoned = true
                return parties.takeFirstWaiter()
            }
            waiter?.resume(returning: false)
        }
    }

    /// Waits until so many bytes have come, the size is known or it is full; false where the task is cancelled first.
    package func waitForSize(orBytes bytes: Int64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = parties.withLock { parties in
                    if parties.isAbandoned { return false }
                    if parties.hasSizeOr(bytes) { return true }
                    parties.sizeWaiter = (bytes, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = parties.withLock { parties in
                parties.isAbandoned = true
                return parties.takeSizeWaiter()
            }
            waiter?.resume(returning: false)
        }
    }

    /// How many bytes there are altogether; nil before all have come.
    package var size: Int64? { parties.withLock { $0.contents.isComplete ? $0.contents.received : nil } }

    /// Whether the bytes can be taken from the first one on.
    package var holdsAll: Bool { parties.withLock { $0.contents.holdsAll } }

    /// Begins to take from the first byte; false where that is gone.
    ///
    /// `wake` is called, from any thread, whenever there is news after ``part(at:)`` had nothing.
    package func beginTaking(wake: @escaping @Sendable () -> Void) -> Bool {
        let (isPossible, room) = parties.withLock { parties -> (Bool, (@Sendable () -> Void)?) in
            guard parties.contents.holdsAll else { return (false, nil) }
            parties.wake = wake
            return (true, parties.contents.take(upTo: 0) ? parties.whenRoom : nil)
        }
        room?()
        return isPossible
    }

    /// What follows after that many bytes.
    package func part(at position: Int64) -> ChunkBufferContents.Part {
        parties.withLock { parties in
            let part = parties.contents.part(at: position)
            if case .nothing = part { parties.isReaderWaiting = true }
            return part
        }
    }

    /// Notes that all bytes before `position` were taken.
    package func take(upTo position: Int64) {
        let room = parties.withLock { $0.contents.take(upTo: position) ? $0.whenRoom : nil }
        room?()
    }

    /// Ends the taking: nothing wakes the reader any more.
    package func endTaking() {
        parties.withLock { parties in
            parties.wake = nil
            parties.isReaderWaiting = false
        }
    }
}
