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
        within = call.deadline - time.now
        if let report = call.progress {
            progress = { done, total in report(done, total, "bytes") }
        } else {
            progress = nil
        }
    }

    /// The answer; the gateway may have been prepared anew meanwhile.
    func result(_ digest: UploadDigest, _ pool: GatewayPool) async throws(SecurityCenterError) -> FileTransfer {
        let gateway = try await pool.gateway(handle, owner: user)
        return FileTransfer(
            bytes: digest.size,
            sha256: digest.sha256,
            generation: Int64(clamping: gateway.generation)
        )
    }
}
