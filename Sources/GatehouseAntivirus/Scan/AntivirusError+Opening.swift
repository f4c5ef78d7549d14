// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseTransfer

extension AntivirusError {
    /// A passed descriptor that cannot be scanned.
    init(openingFailed error: UploadSourceError) {
        switch error {
        case .notRegularFile, .notReadable: self.init(.fileRefused, error.description)
        case .cancelled: self.init(.cancelled, error.description)
        case .outOfMemory: self.init(.unavailable, error.description)
        case .readFailed, .changedDuringScan, .notSentWhole, .alreadyUsed:
            self.init(.fileUnreadable, error.description)
        }
    }
}
