// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import Testing

@testable import GatehouseDaemon

@Suite struct UploadQueueTests {
    @Test func `slots are given in order to one user and in turn between users`() {
        var queue = UploadQueue<String>(perUser: 4, total: 1)
        #expect(queue.take(user: 1) == true)
        for (number, entry) in [("a1", 1), ("a2", 1), ("b1", 2), ("a3", 1)].enumerated() {
            #expect(queue.take(user: UInt32(entry.1)) == false)
            queue.wait(entry.0, number: UInt64(number), at: FairPlace(user: UInt32(entry.1)))
        }
        #expect(queue.give(user: 1) == "a1")
        #expect(queue.give(user: 1) == "b1")
        #expect(queue.give(user: 2) == "a2")
        #expect(queue.give(user: 1) == "a3")
        #expect(queue.give(user: 1) == nil)
        #expect(queue.take(user: 2) == true)
    }

    @Test func `a user who holds all that it may leaves the rest to others`() {
        var queue = UploadQueue<String>(perUser: 2, total: 3)
        #expect(queue.take(user: 1) == true)
        #expect(queue.take(user: 1) == true)
        #expect(queue.take(user: 1) == false)
        queue.wait("a3", number: 1, at: FairPlace(user: 1))
        #expect(queue.take(user: 2) == true)
        #expect(queue.take(user: 2) == false)
        queue.wait("b2", number: 2, at: FairPlace(user: 2))
        #expect(queue.give(user: 2) == "b2")
        #expect(queue.give(user: 2) == nil)
        #expect(queue.give(user: 1) == "a3")
    }

    /// Two users whose uploads hung had all 64 slots between them.
    @Test func `the last slots are for users who have none`() {
        var queue = UploadQueue<String>(perUser: 8, total: 16)
        for _ in 0..<8 { #expect(queue.take(user: 1) == true) }
        #expect(queue.take(user: 1) == false)
        for _ in 0..<6 { #expect(queue.take(user: 2) == true) }
        #expect(queue.take(user: 2) == false)
        queue.wait("b7", number: 1, at: FairPlace(user: 2))
        #expect(queue.take(user: 3) == true)
        #expect(queue.take(user: 3) == false)
        queue.wait("c2", number: 2, at: FairPlace(user: 3))
        #expect(queue.take(user: 4) == true)
        #expect(queue.take(user: 5) == false, "all are taken")
        queue.wait("e1", number: 3, at: FairPlace(user: 5))
        #expect(queue.give(user: 4) == "e1")
        #expect(queue.give(user: 5) == nil)
        #expect(queue.give(user: 3) == "c2", "it has none again")
        #expect(queue.give(user: 1) == nil)
        #expect(queue.give(user: 1) == "b7")
    }

    /// One slot that came back made two users eligible, and the one with the most went first.
    @Test func `a user who has none goes before one who has some`() {
        var queue = UploadQueue<String>(perUser: 8, total: 16)
        for _ in 0..<8 { #expect(queue.take(user: 1) == true) }
        for _ in 0..<5 { #expect(queue.take(user: 2) == true) }
        #expect(queue.take(user: 3) == true)
        queue.wait("b6", number: 1, at: FairPlace(user: 2))
        queue.wait("c2", number: 2, at: FairPlace(user: 3))
        #expect(queue.give(user: 3) == "c2")
        #expect(queue.give(user: 3) == "b6")
    }

    @Test(arguments: [(1, 1), (7, 8), (8, 8), (32, 64), (64, 32)])
    func `one user alone has all that it may`(perUser: Int, total: Int) {
        var queue = UploadQueue<String>(perUser: perUser, total: total)
        for _ in 0..<min(perUser, total) { #expect(queue.take(user: 1) == true) }
        #expect(queue.take(user: 1) == false)
    }

    @Test func `who leaves the line gets no slot, once`() {
        var queue = UploadQueue<String>(perUser: 1, total: 1)
        #expect(queue.take(user: 1) == true)
        queue.wait("a2", number: 1, at: FairPlace(user: 1))
        queue.wait("a3", number: 2, at: FairPlace(user: 1))
        #expect(queue.leave(number: 1, at: FairPlace(user: 1)) == "a2")
        #expect(queue.leave(number: 1, at: FairPlace(user: 1)) == nil)
        #expect(queue.leave(number: 2, at: FairPlace(user: 2)) == nil)
        #expect(queue.give(user: 1) == "a3")
        #expect(queue.leave(number: 2, at: FairPlace(user: 1)) == nil)
        #expect(queue.give(user: 1) == nil)
        #expect(queue.take(user: 2) == true)
    }
}
