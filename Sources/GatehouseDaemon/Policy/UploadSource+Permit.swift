// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehouseServer
import GatehouseTransfer

extension UploadSource {
    /// The same file, if it is no larger than its caller may have scanned.
    ///
    /// Chunks, whose size shows only at their end, are counted as they come.
    func within(_ permit: Permit) throws(AntivirusError) -> UploadSource {
        guard let limit = permit.maximumBytes, let size, size > limit else { return self }
        throw AntivirusError(.notAllowed, permit.fileTooLarge.message)
    }
}
