// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer

/// What `getFile` and `putFile` have in common.
struct GatewayFileTransfer: Sendable {
    let handle: GatewayHandle
    let user: UInt32
    let within: Duration
    let progress: (@Sendable (Int64, Int64?) -> Void)?

    init(_ call: GatehouseServer.MethodCall, _ handle: GatewayHandle, time: any TimeSource) {
        self.handle = handle
        user = call.peer.user
        within = call.upstreamTime(now: time.now)
        if let report = call.progress {
            progress = { done, total in report(done, total, "bytes") }
        } else {
            progress = nil
        }
    }

    /// The answer.
    func result(_ file: TransferredFile) -> FileTransfer {
        FileTransfer(
            bytes: file.digest.size,
            sha256: file.digest.sha256,
            generation: Int64(clamping: file.generation)
        )
    }
}
