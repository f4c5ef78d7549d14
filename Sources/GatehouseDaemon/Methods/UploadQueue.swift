// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Who uploads and who waits: a bounded number at once, and a share of it for each user.
///
/// A file may hang in its caller's file system, and a caller may stop in the middle of its chunks: such an upload keeps
/// its slot until its deadline. The share keeps one user's from taking all of them. Who waits goes first come, first
/// served among those whose user is within its share.
struct UploadQueue {
    private let total: Int
    private let perUser: Int
    private var running = 0
    private var runningOf: [UInt32: Int] = [:]
    private var waiting: [(number: UInt64, user: UInt32)] = []

    init(total: Int, perUser: Int) {
        self.total = total
        self.perUser = perUser
    }

    /// Asks for a slot: true where it is taken at once, false where the caller waits under that number.
    mutating func enter(_ number: UInt64, user: UInt32) -> Bool {
        guard hasRoom(for: user) else {
            waiting.append((number, user))
            return false
        }
        take(user)
        return true
    }

    /// Gives up waiting; false where that number does not wait any more.
    mutating func leave(_ number: UInt64) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Gives a slot back and returns the number that has it now, if any waits that may.
    mutating func exit(user: UInt32) -> UInt64? {
        running -= 1
        runningOf[user] = runningOf[user].flatMap { $0 > 1 ? $0 - 1 : nil }
        guard let index = waiting.firstIndex(where: { hasRoom(for: $0.user) }) else { return nil }
        let next = waiting.remove(at: index)
        take(next.user)
        return next.number
    }

    private func hasRoom(for user: UInt32) -> Bool {
        running < total && runningOf[user] ?? 0 < perUser
    }

    private mutating func take(_ user: UInt32) {
        running += 1
        runningOf[user, default: 0] += 1
    }
}
