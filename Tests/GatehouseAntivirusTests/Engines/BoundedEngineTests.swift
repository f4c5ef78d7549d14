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

struct WrappingEngineTests {
    private struct Told: ScanEngine {
        let isPlaintext = true
        let standing: EngineStanding? = EngineStanding()
        let revision: UInt64 = 7
        let observed: Locked<Int>

        func observe(_ observer: @escaping @Sendable () -> Void) { observed.withLock { $0 += 1 } }
        func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome { .changedDuringScan }
    }

    @Test func `an engine on top of another one says what the other one says`() {
        let told = Told(observed: Locked(0))
        let time = StillTime()
        let wrappers: [any WrappingEngine] = [
            BoundedEngine(told, maximumBytes: 1), CachingEngine(told, lifetime: .seconds(1), capacity: 1, time: time),
            AgeCheckedEngine(told, watch: DefinitionsWatch(DefinitionsRule(), time: time) { _ in }),
        ]
        for wrapper in wrappers {
            let outer: any ScanEngine = BoundedEngine(wrapper, maximumBytes: 1)
            #expect(outer.isPlaintext && outer.standing == EngineStanding() && outer.revision == 7)
            outer.observe {}
        }
        #expect(told.observed.withLock { $0 } == wrappers.count)
    }
}
