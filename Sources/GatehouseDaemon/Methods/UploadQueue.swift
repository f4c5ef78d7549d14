// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus

/// Who uploads next: in the order of a ``FairQueue``, within the bounds per user and in total.
///
/// It holds no task and no lock: ``UploadSlots`` does what it says.
struct UploadQueue<Waiter> {
    private let perUser: Int
    private let total: Int
    /// The last slots are for users who have none, so that a few whose uploads hang do not keep all others waiting; one
    /// user alone can still have all that it may.
    private let reserve: Int
    private var line = FairQueue<(place: FairPlace, waiter: Waiter)>()
    private var running: [UInt32: Int] = [:]
    private var allRunning = 0

    init(perUser: Int, total: Int) {
        self.perUser = max(perUser, 1)
        self.total = max(total, 1)
        reserve = max(min(self.total / 8, self.total - self.perUser), 0)
    }

    /// Takes a slot; false where the user has to wait.
    mutating func take(user: UInt32) -> Bool {
        guard allRunning < total, mayBegin(user), line.count(of: user) == 0 else { return false }
        begin(user)
        return true
    }

    /// Puts a waiter, under a number of its own, into the line.
    mutating func wait(_ waiter: Waiter, number: UInt64, at place: FairPlace) {
        line.append((place, waiter), number: number, at: place)
    }

    /// Takes a waiter out of the line; nil where it has left it already.
    mutating func leave(number: UInt64, at place: FairPlace) -> Waiter? {
        line.remove(number: number, at: place)?.waiter
    }

    /// Gives a slot back; returns who has it now.
    ///
    /// It goes from hand to hand, so that nobody can come in between.
    mutating func give(user: UInt32) -> Waiter? {
        if let count = running[user] {
            running[user] = count > 1 ? count - 1 : nil
            allRunning -= 1
        }
        // Who has none goes first: a second slot may be free for him that nobody else will give back for long.
        let running = running
        guard let next = line.removeNext(where: { running[$0] == nil }) ?? line.removeNext(where: mayBegin) else {
            return nil
        }
        begin(next.place.user)
        return next.waiter
    }

    private mutating func begin(_ user: UInt32) {
        running[user, default: 0] += 1
        allRunning += 1
    }

    private func mayBegin(_ user: UInt32) -> Bool {
        guard let own = running[user] else { return true }
        return own < perUser && total - allRunning > reserve
    }
}
