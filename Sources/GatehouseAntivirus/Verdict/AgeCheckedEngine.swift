// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// An engine that calls nothing clean by definitions that are too old.
package struct AgeCheckedEngine: WrappingEngine {
    package let engine: any ScanEngine
    private let watch: DefinitionsWatch

    /// Scans by another engine.
    package init(_ engine: any ScanEngine, watch: DefinitionsWatch) {
        self.engine = engine
        self.watch = watch
    }

    package var paths: (any PathScanEngine)? { engine.paths.map { AgeCheckedPathEngine(engine: $0, watch: watch) } }
    package var definitions: DefinitionsWatch? { watch }
    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        let outcome = try await engine.scan(subject)
        try watch.check(outcome.judgement)
        return outcome
    }
}

/// The same for files that the engine reads itself.
private struct AgeCheckedPathEngine: PathScanEngine {
    let engine: any PathScanEngine
    let watch: DefinitionsWatch

    var folders: SharedFolders { engine.folders }
    var pacer: PlanPacer? { engine.pacer }
    func scan(
        _ path: SharedPath,
        traceID: String,
        deadline: Instant,
        permit: PlanPermit?
    ) async throws(AntivirusError) -> ScanOutcome {
        let outcome = try await engine.scan(path, traceID: traceID, deadline: deadline, permit: permit)
        try watch.check(outcome.judgement)
        return outcome
    }
}
