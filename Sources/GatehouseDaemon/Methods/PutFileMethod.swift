// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer
import GatehouseWire

/// `putFile`: the caller's file, to the other side.
struct PutFileMethod: Method {
    var name: String { PutFile.name }
    var schema: MethodSchema { PutFile.schema }
    let centers: SecurityCenters
    let readers: ReaderThreads
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> { ["target": .destination, "gateway": .gateway] }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let parameters = try PutFile.Parameters(json: call.parameters)
        guard call.files.indices.contains(parameters.file) else { throw APIError(.descriptorMismatch) }
        let file = FileAccess(call.files[parameters.file])
        let transfer = GatewayFileTransfer(call.withoutContent, GatewayHandle(parameters.gateway), time: time)
        let (centers, readers) = (centers, readers)
        return .waiting { () async throws(APIError) -> JSONValue in
            do throws(SecurityCenterError) {
                let transferred = try await centers.pool.putFile(
                    transfer.handle,
                    parameters.target.path,
                    from: file,
                    readers: readers,
                    owner: transfer.user,
                    within: transfer.within,
                    progress: transfer.progress
                )
                return transfer.result(transferred).json
            } catch {
                throw APIError(error, mayRepeat: false, fileFailure: .fileUnreadable)
            }
        }
    }
}
