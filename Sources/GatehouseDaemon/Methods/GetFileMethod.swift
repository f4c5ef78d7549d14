// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer
import GatehouseWire

/// `getFile`: a file of the other side, into the caller's.
struct GetFileMethod: Method {
    var name: String { GetFile.name }
    var schema: MethodSchema { GetFile.schema }
    let centers: SecurityCenters
    let readers: ReaderThreads
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> { ["source": .source, "gateway": .gateway] }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let parameters = try GetFile.Parameters(json: call.parameters)
        guard call.files.indices.contains(parameters.file) else { throw APIError(.descriptorMismatch) }
        let writer = FileWriter(call.files[parameters.file])
        let transfer = GatewayFileTransfer(call.withoutContent, GatewayHandle(parameters.gateway), time: time)
        let source = FileSource(parameters.source)
        let (centers, readers) = (centers, readers)
        return .waiting { () async throws(APIError) -> JSONValue in
            do throws(SecurityCenterError) {
                let file = try await centers.pool.getFile(
                    transfer.handle,
                    source,
                    into: writer,
                    readers: readers,
                    owner: transfer.user,
                    within: transfer.within,
                    progress: transfer.progress
                )
                return transfer.result(file).json
            } catch {
                throw APIError(error, fileFailure: .fileUnwritable)
            }
        }
    }
}

extension FileSource {
    fileprivate init(_ source: GetFile.Source) {
        switch source {
        case .path(let path): self = .address(path)
        case .listItem(let item):
            let product = item.product.map { ($0, item.version ?? "") }
            self = .listItem(
                ListItem(list: item.list, id: item.item, product: product, isPacked: item.packed ?? false)
            )
        }
    }
}
