// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Testing

@testable import GatehouseAntivirus

struct BoundedEngineTests {
    // The size was looked at before the canaries, and the file handed over after them: a file that was still being copied
    // passed as a small one, and the engine called it clean without looking at it.
    @Test(arguments: [(Judgement.Verdict.clean, Judgement.Verdict.notScanned), (.infected, .infected)])
    func `a file that grew over the bound before it was handed over is not clean`(
        said: Judgement.Verdict,
        verdict: Judgement.Verdict
    ) async throws {
        let engine = BoundedEngine(
            PlayedEngine { _ in ScanOutcome(judgement: Judgement(verdict: said), size: 11) },
            maximumBytes: 10
        )
        let subject = ScanSubject(
            content: .bytes([1, 2, 3]),
            fileName: "a",
            user: 1,
            readers: try ReaderThreads(),
            traceID: "t",
            deadline: Instant(nanoseconds: .max),
            progress: nil
        )
        #expect(try await engine.scan(subject).judgement.verdict == verdict)
    }
}
