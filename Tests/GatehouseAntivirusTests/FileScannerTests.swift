// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
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

    @Test(arguments: [
        (UploadSourceError.outOfMemory, AntivirusError.Code.unavailable),
        (.readFailed(SystemError(code: 5, call: "pread")), .fileUnreadable),
        (.cancelled, .cancelled), (.notSentWhole, .unintelligible),
    ])
    func `an answer to an upload that did not end well is an error that says whose fault it was`(
        error: UploadSourceError,
        code: AntivirusError.Code
    ) {
        let judgement = Judgement(verdict: .clean)
        let failure = #expect(throws: AntivirusError.self) { try FileScanner.unfinished(error, judgement, "t") }
        #expect(failure?.code == code)
    }
}
