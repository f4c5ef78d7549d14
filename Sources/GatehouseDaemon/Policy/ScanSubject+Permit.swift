// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehouseServer

extension ScanSubject {
    /// The same scan, if the file is no larger than its caller may have scanned.
    ///
    /// Asked of every engine's files before the engine sees them, and once more where they are opened to be sent.
    /// Chunks, whose size shows only at their end, are counted as they come.
    func within(_ permit: Permit) async throws(AntivirusError) -> ScanSubject {
        guard let limit = permit.maximumBytes else { return self }
        var subject = self
        subject.maximumBytes = limit
        if case .passed = content { _ = try await subject.upload() }
        return subject
    }
}
