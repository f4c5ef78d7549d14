// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// `prepareGateway`: opens a gateway along a route and answers its handle.
struct PrepareGatewayMethod: Method {
    var name: String { PrepareGateway.name }
    var schema: MethodSchema { PrepareGateway.schema }
    let centers: SecurityCenters
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> { ["server": .server, "via": .via, "target": .target] }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let parameters = try PrepareGateway.Parameters(json: call.parameters)
        let server = try centers.find(parameters.server)
        let route = try route(parameters, call.permit)
        let user = call.peer.user
        let work: @Sendable () async throws(APIError) -> JSONValue = { () async throws(APIError) -> JSONValue in
            let gateway = try await onSecurityCenter { () async throws(SecurityCenterError) in
                try await centers.pool.prepareGateway(
                    server: server,
                    route: route,
                    binding: parameters.binding ?? .session,
                    idleTimeout: .seconds(parameters.idleTimeoutSeconds ?? 900),
                    owner: user
                )
            }
            return result(gateway).json
        }
        return .waiting(work)
    }

    private func route(
        _ parameters: PrepareGateway.Parameters,
        _ permit: Permit
    ) throws(APIError) -> Route {
        guard let locations = parameters.locations else {
            return try Route(via: parameters.via, target: parameters.target)
        }
        guard permit.allowsLocations else {
            throw APIError(.forbidden, "locations of a caller's own need a policy rule that names them")
        }
        do { return try Route(locations: locations) } catch { throw APIError(error) }
    }

    private func result(_ gateway: GatewayInfo) -> PrepareGateway.Result {
        PrepareGateway.Result(
            gateway: gateway.handle.text,
            generation: Int64(clamping: gateway.generation),
            route: gateway.route.steps(from: gateway.server),
            binding: gateway.binding,
            openedAt: Calendar(time).timestamp(gateway.openedAt),
            idleTimeoutSeconds: gateway.idleTimeout.components.seconds
        )
    }
}
