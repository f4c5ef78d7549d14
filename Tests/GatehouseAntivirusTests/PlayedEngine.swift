// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc

@testable import GatehouseAntivirus

/// An engine that a test plays.
struct PlayedEngine: ScanEngine {
    let play: @Sendable (ScanSubject) async throws(AntivirusError) -> ScanOutcome

    func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        try await play(subject)
    }
}

/// A clock that stands still until a test moves it.
final class StillTime: TimeSource {
    private let passed = Locked(Duration.zero)
    private let start: Double

    init(unixTime: Double = 1_734_955_200) {
        start = unixTime
    }

    var now: Instant { Instant(nanoseconds: 1_000_000_000_000) + passed.withLock { $0 } }
    var unixTime: Double { start + Double(passed.withLock { $0 }.clampedNanoseconds) / 1e9 }

    func pass(_ duration: Duration) { passed.withLock { $0 += duration } }
}

extension ScanOutcome {
    /// What an engine says of bytes that it was given.
    static func said(
        _ verdict: Judgement.Verdict,
        of digest: UploadDigest?,
        definitions: String? = "2024-12-20 rev 007"
    ) -> ScanOutcome {
        ScanOutcome(
            judgement: Judgement(verdict: verdict, definitions: definitions),
            digest: digest,
            traceID: "trace"
        )
    }
}

/// Collects texts from anywhere.
final class Notes: Sendable {
    private let texts = Locked<[String]>([])

    var all: [String] { texts.withLock { $0 } }

    func add(_ text: String) { texts.withLock { $0.append(text) } }
}
