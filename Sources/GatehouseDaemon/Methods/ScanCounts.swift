// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform

/// How the scans since the start ended.
final class ScanCounts: Sendable {
    private let values = Locked(Status.Scans(clean: 0, infected: 0, notScanned: 0, failed: 0))

    /// The counts now.
    var current: Status.Scans { values.withLock { $0 } }

    func count(_ verdict: Verdict) {
        values.withLock { values in
            switch verdict {
            case .clean: values.clean += 1
            case .infected: values.infected += 1
            case .notScanned: values.notScanned += 1
            }
        }
    }

    func countFailure() {
        values.withLock { $0.failed += 1 }
    }
}
