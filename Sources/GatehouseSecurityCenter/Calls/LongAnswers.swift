// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Whose turn it is to have a long answer read, and which answers wait for that.
///
/// An answer that is read takes many times its bytes, until its caller has it: a script that asks for thirty lists of
/// hosts at once would have the daemon ended for want of memory. A few are read at a time, the others wait as the bytes
/// that came. It holds no task: ``GatewayPool`` does what it says.
struct LongAnswers<Waiter> {
    /// From so many bytes on an answer is long, and waits for its turn.
    static var threshold: Int { 65_536 }

    private let turns: Int
    private let mostWaitingBytes: Int
    private var taken = 0
    private var line: [(number: UInt64, bytes: Int, waiter: Waiter)] = []
    private var waitingBytes = 0

    /// Has `turns` answers read at a time, and lets others wait that have `mostWaitingBytes` together.
    init(turns: Int = 2, mostWaitingBytes: Int = 128 << 20) {
        self.turns = turns
        self.mostWaitingBytes = mostWaitingBytes
    }

    /// Takes a turn; false where there is none now.
    mutating func take() -> Bool {
        guard taken < turns else { return false }
        taken += 1
        return true
    }

    /// Whether an answer of so many bytes may wait.
    func hasRoom(for bytes: Int) -> Bool { bytes <= mostWaitingBytes - waitingBytes }

    /// Puts a waiter, under a number of its own, at the end of the line.
    mutating func wait(_ waiter: Waiter, number: UInt64, bytes: Int) {
        waitingBytes += bytes
        line.append((number, bytes, waiter))
    }

    /// Takes a waiter out of the line; nil where it has left it already.
    mutating func leave(_ number: UInt64) -> Waiter? {
        line.firstIndex { $0.number == number }.map { remove(at: $0) }
    }

    /// Ends a turn; returns whose it is now.
    mutating func end() -> Waiter? {
        guard line.isEmpty else { return remove(at: 0) }
        taken -= 1
        return nil
    }

    private mutating func remove(at index: Int) -> Waiter {
        let entry = line.remove(at: index)
        waitingBytes -= entry.bytes
        return entry.waiter
    }
}

/// The turn of one long answer, which ends with the last reference to it.
package final class LongAnswerTurn: Sendable, Equatable {
    private let end: @Sendable () -> Void

    init(end: @escaping @Sendable () -> Void) {
        self.end = end
    }

    deinit { end() }

    package static func == (left: LongAnswerTurn, right: LongAnswerTurn) -> Bool { left === right }
}

extension LongAnswers: Sendable where Waiter: Sendable {}
