// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseTransfer

/// An engine that really scans files up to a size only, and is given no larger ones.
package struct BoundedEngine: WrappingEngine {
    package let engine: any ScanEngine
    private let maximumBytes: Int64

    /// Bounds an engine to files of that many bytes.
    package init(_ engine: any ScanEngine, maximumBytes: Int64) {
        self.engine = engine
        self.maximumBytes = maximumBytes
    }

    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        switch subject.content {
        case .bytes, .passed:
            let size = try await subject.upload().size ?? 0
            guard size <= maximumBytes else { return .tooLarge(size) }
        case .chunks: break
        }
        // How much comes in chunks is known at the end, and a file may grow until it is handed over.
        let outcome = try await engine.scan(subject)
        guard outcome.judgement.verdict == .clean, outcome.size ?? .max > maximumBytes else { return outcome }
        return .tooLarge(outcome.size)
    }
}

extension ScanOutcome {
    fileprivate static func tooLarge(_ size: Int64?) -> ScanOutcome {
        var outcome = ScanOutcome(
            judgement: Judgement(verdict: .notScanned, reason: "fileSizeTooLarge"),
            digest: nil,
            traceID: nil
        )
        outcome.size = size
        return outcome
    }
}
