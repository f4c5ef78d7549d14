// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@Suite(.timeLimit(.minutes(1))) struct PendingResultTests {
    @Test func `a result that came before anybody waited is there`() async {
        let result = PendingResult<Int>()
        result.ended(with: 7)
        result.ended(with: 8)
        #expect(await result.value() == 7)
    }

    @Test func `who waits gets the result when it comes`() async {
        let result = PendingResult<Int>()
        async let value = result.value()
        await Task.yield()
        result.ended(with: 7)
        #expect(await value == 7)
    }

    @Test(arguments: [false, true])
    func `who is cancelled gets nothing, and what comes later is nobody's`(isCancelledFirst: Bool) async {
        let result = PendingResult<Int>()
        let waiter = Task {
            if isCancelledFirst { while !Task.isCancelled { await Task.yield() } }
            return await result.value()
        }
        waiter.cancel()
        #expect(await waiter.value == nil)
        result.ended(with: 7)
    }
}
