// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Who uploads next: in order for one user, in turn between users, within the bounds per user and in total.
///
/// It holds no task and no lock: ``UploadSlots`` does what it says.
struct UploadQueue<Waiter> {
    private struct Lane {
        var waiting: [(number: UInt64, waiter: Waiter)] = []
        var running = 0
    }

    private let perUser: Int
    private let total: Int
    private var lanes: [UInt32: Lane] = [:]
    /// Users with uploads that wait, the next one to be served first.
    private var turn: [UInt32] = []
    private var running = 0

    init(perUser: Int, total: Int) {
        self.perUser = max(perUser, 1)
        self.total = max(total, 1)
    }

    /// Takes a slot; false where the user has to wait.
    mutating func take(user: UInt32) -> Bool {
        var lane = lanes[user] ?? Lane()
        guard running < total, lane.running < perUser, lane.waiting.isEmpty else { return false }
        lane.running += 1
        running += 1
        lanes[user] = lane
        return true
    }

    /// Puts a waiter, under a number of its own, at the end of its user's line.
    mutating func wait(_ waiter: Waiter, number: UInt64, user: UInt32) {
        if lanes[user]?.waiting.isEmpty ?? true { turn.append(user) }
        lanes[user, default: Lane()].waiting.append((number, waiter))
    }

    /// Takes a waiter out of the line; nil where it has left it already.
    mutating func leave(number: UInt64, user: UInt32) -> Waiter? {
        guard var lane = lanes[user], let index = lane.waiting.firstIndex(where: { $0.number == number }) else {
            return nil
        }
        let waiter = lane.waiting.remove(at: index).waiter
        if lane.waiting.isEmpty { turn.removeAll { $0 == user } }
        lanes[user] = lane.running > 0 || !lane.waiting.isEmpty ? lane : nil
        return waiter
    }

    /// Gives a slot back; returns who has it now.
    ///
    /// It goes from hand to hand, so that nobody can come in between.
    mutating func give(user: UInt32) -> Waiter? {
        if var lane = lanes[user], lane.running > 0 {
            lane.running -= 1
            running -= 1
            lanes[user] = lane.running > 0 || !lane.waiting.isEmpty ? lane : nil
        }
        guard let index = turn.firstIndex(where: { lanes[$0]?.running ?? 0 < perUser }) else { return nil }
        let next = turn.remove(at: index)
        guard var lane = lanes[next], !lane.waiting.isEmpty else { return nil }
        let waiter = lane.waiting.removeFirst().waiter
        lane.running += 1
        running += 1
        if !lane.waiting.isEmpty { turn.append(next) }
        lanes[next] = lane
        return waiter
    }
}
