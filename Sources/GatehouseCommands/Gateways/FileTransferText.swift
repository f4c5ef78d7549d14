// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// What is printed of a file that went through a gateway.
enum FileTransferText {
    /// `trace.log: 3145728 bytes, SHA-256 315f…`.
    static func line(_ file: FilePath, _ result: JSONValue) -> String {
        let size = VisibleText.of((result["bytes"] ?? .null).readable)
        let digest = VisibleText.of((result["sha256"] ?? .null).readable)
        return "\(VisibleText.of(file.bytes)): \(size) bytes, SHA-256 \(digest)"
    }
}
