// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// An engine that reads files itself, used only while it calls no canary clean.
struct GuardedPaths: PathScanEngine {
    let engine: any PathScanEngine
    let canaries: CanaryGuard

    var folders: SharedFolders { engine.folders }

    var pacer: PlanPacer? { engine.pacer }

    func scan(
        _ path: SharedPath,
        traceID: String,
        deadline: Instant,
        permit: PlanPermit?
    ) async throws(AntivirusError) -> ScanOutcome {
        try await canaries.admit()
        do {
            return try await engine.scan(path, traceID: traceID, deadline: deadline, permit: permit)
        } catch {
            if error.saysEngineIsGone { await canaries.lost() }
            throw error
        }
    }
}
