// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseDaemon

@Suite struct UploadQueueTests {
    @Test func `one user's hanging uploads leave room for others`() {
        var queue = UploadQueue(total: 4, perUser: 3)
        let first = (1...3).map { (number: UInt64) in queue.enter(number, user: 1) }
        #expect(first == [true, true, true])
        let result1 = queue.enter(4, user: 1)
        #expect(!result1)
        let result2 = queue.enter(5, user: 2)
        #expect(result2)
        let result3 = queue.enter(6, user: 2)
        #expect(!result3, "all slots are taken")
    }

    @Test func `a free slot goes to the first who waits and may have it`() {
        var queue = UploadQueue(total: 2, perUser: 1)
        let result4 = queue.enter(1, user: 1)
        #expect(result4)
        let result5 = queue.enter(2, user: 2)
        #expect(result5)
        let result6 = queue.enter(3, user: 1)
        #expect(!result6)
        let result7 = queue.enter(4, user: 3)
        #expect(!result7)
        let result8 = queue.exit(user: 2)
        #expect(result8 == 4, "user 1 is at its share")
        let result9 = queue.exit(user: 1)
        #expect(result9 == 3)
        let result10 = queue.exit(user: 1)
        #expect(result10 == nil)
        let result11 = queue.exit(user: 3)
        #expect(result11 == nil)
        let result12 = queue.enter(5, user: 1)
        #expect(result12)
    }

    @Test func `who gives up gets no slot`() {
        var queue = UploadQueue(total: 1, perUser: 1)
        let result13 = queue.enter(1, user: 1)
        #expect(result13)
        let result14 = queue.enter(2, user: 1)
        #expect(!result14)
        let result15 = queue.enter(3, user: 1)
        #expect(!result15)
        let result16 = queue.leave(2)
        #expect(result16)
        let result17 = queue.leave(2)
        #expect(!result17)
        let result18 = queue.exit(user: 1)
        #expect(result18 == 3)
    }
}
