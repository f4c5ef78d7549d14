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
