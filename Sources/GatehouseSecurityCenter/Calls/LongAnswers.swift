// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Whose turn it is to have a long answer read, and which answers wait for that.
///
/// An answer that is read takes many times its bytes, until its caller has it: a script that asks for thirty lists of
/// hosts at once would have the daemon ended for want of memory. A few are read at a time, those of all users in turn; the
/// others wait as the bytes that came. What is made of several answers (hosts, actions) is held for longer, and within
/// limits of its own. It holds no task: ``GatewayPool`` does what it says.
struct LongAnswers<Waiter> {
    /// From so many bytes on an answer is long, and waits for its turn.
    static var threshold: Int { 65_536 }

    fileprivate struct Entry {
        let number: UInt64
        let bytes: Int
        let waiter: Waiter
    }

    private let turns: Int
    private let mostWaitingBytes: Int
    private var taken = 0
    private var lines: [UInt32: [Entry]] = [:]
    /// Users with an answer that waits, the next one first.
    private var users: [UInt32] = []

    /// Has `turns` answers read at a time, and lets others wait that have `mostWaitingBytes` together, a user's half of
    /// that.
    init(turns: Int = 2, mostWaitingBytes: Int = 256 << 20) {
        self.turns = turns
        self.mostWaitingBytes = mostWaitingBytes
    }

    /// Takes a turn; false where there is none now.
    mutating func take() -> Bool {
        guard taken < turns else { return false }
        taken += 1
        return true
    }

    /// Whether a user's answer of so many bytes may wait.
    func hasRoom(for bytes: Int, of user: UInt32) -> Bool {
        let own = Self.bytes(lines[user] ?? [])
        let all = lines.values.reduce(0) { $0 + Self.bytes($1) }
        return bytes <= mostWaitingBytes / 2 - own && bytes <= mostWaitingBytes - all
    }

    /// Puts a waiter, under a number of its own, at the end of its user's line.
    mutating func wait(_ waiter: Waiter, number: UInt64, bytes: Int, of user: UInt32) {
        if lines[user] == nil { users.append(user) }
        lines[user, default: []].append(Entry(number: number, bytes: bytes, waiter: waiter))
    }

    /// Takes a waiter out of the line; nil where it has left it already.
    mutating func leave(_ number: UInt64, of user: UInt32) -> Waiter? {
        guard let index = lines[user]?.firstIndex(where: { $0.number == number }) else { return nil }
        return remove(at: index, of: user)
    }

    /// Ends a turn; returns whose it is now.
    mutating func end() -> Waiter? {
        guard let user = users.first, let next = remove(at: 0, of: user) else {
            taken -= 1
            return nil
        }
        if users.first == user { users.append(users.removeFirst()) }
        return next
    }

    private mutating func remove(at index: Int, of user: UInt32) -> Waiter? {
        let entry = lines[user]?.remove(at: index)
        if lines[user]?.isEmpty == true {
            lines[user] = nil
            users.removeAll { $0 == user }
        }
        return entry?.waiter
    }

    private static func bytes(_ line: [Entry]) -> Int { line.reduce(0) { $0 + $1.bytes } }
}

/// The turn of one long answer, which ends with the last reference to it; no part of what answers are compared by.
final class LongAnswerTurn: Sendable, Equatable {
    private let end: @Sendable () -> Void

    init(end: @escaping @Sendable () -> Void) {
        self.end = end
    }

    deinit { end() }

    static func == (left: LongAnswerTurn, right: LongAnswerTurn) -> Bool { true }
}

extension LongAnswers: Sendable where Waiter: Sendable {}
extension LongAnswers.Entry: Sendable where Waiter: Sendable {}
