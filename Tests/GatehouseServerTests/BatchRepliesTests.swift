// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseServer

@Suite struct BatchRepliesTests {
    @Test func `the replies go out together after the last one`() {
        let batch = BatchReplies(expecting: 3)
        #expect(!batch.add { $0 += Array("1".utf8) })
        #expect(!batch.add { $0 += Array("{}".utf8) })
        #expect(batch.add { $0 += Array("[]".utf8) })
        #expect(String(decoding: batch.bytes, as: UTF8.self) == "[1,{},[]]")
    }

    @Test func `a batch of one is a batch`() {
        let batch = BatchReplies(expecting: 1)
        #expect(batch.add { $0 += Array("1".utf8) })
        #expect(String(decoding: batch.bytes, as: UTF8.self) == "[1]")
    }
}
