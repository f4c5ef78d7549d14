// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct FileScannerTests {
    @Test(arguments: [-5000, 0, 1, 120_000, 3_600_000])
    func `a transfer outlives the deadline, at which its caller cancels it`(milliseconds: Int64) {
        let now = Instant(nanoseconds: 1_000_000_000_000)
        let wait = Duration.milliseconds(milliseconds)
        let longest = FileScanner.longestTransfer(until: now + wait, now: now)
        #expect(longest >= .seconds(1))
        #expect(longest >= wait + .seconds(1))
    }
}
