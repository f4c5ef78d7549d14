// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// `closeGateway`: the caller needs a gateway no longer; its session is ended on the server too, a moment later.
struct CloseGatewayMethod: Method {
    var name: String { CloseGateway.name }
    var schema: MethodSchema { CloseGateway.schema }
    let centers: SecurityCenters

    var auditedParameters: KeyValuePairs<String, AuditDetail> { ["gateway": .gateway] }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let parameters = try CloseGateway.Parameters(json: call.parameters)
        let owner = call.owner
        // The pool lives on the loop, where this runs.
        let result = centers.pool.assumeIsolated { pool in
            Result { () throws(SecurityCenterError) in
                try pool.closeGateway(GatewayHandle(parameters.gateway), owner: owner)
            }
        }
        if case .failure(let error) = result { throw APIError(error) }
        return .finished(CloseGateway.Result().json)
    }
}
