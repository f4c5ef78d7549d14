// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// An engine that reads files itself, used only while it calls no canary clean.
struct GuardedPaths: PathScanEngine {
    let engine: any PathScanEngine
    let canaries: CanaryGuard

    var folders: SharedFolders { engine.folders }

    func scan(
        _ path: SharedPath,
        traceID: String,
        deadline: Instant
    ) async throws(AntivirusError) -> ScanOutcome {
        try await canaries.admit()
        return try await engine.scan(path, traceID: traceID, deadline: deadline)
    }
}
