// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// `callAgent`: a call through an open gateway, or along a route in one piece.
struct CallAgentMethod: Method {
    var name: String { CallAgent.name }
    var schema: MethodSchema { CallAgent.schema }
    let centers: SecurityCenters
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> {
        ["server": .server, "via": .via, "target": .target, "method": .call, "gateway": .gateway]
    }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let parameters = try CallAgent.Parameters(json: call.parameters)
        let upstream = try UpstreamCall(
            parameters.method,
            parameters.arguments,
            isIdempotent: parameters.isIdempotent,
            awaitsAction: parameters.awaitsAction,
            format: parameters.format,
            call,
            now: time.now
        )
        let user = call.peer.user
        if let handle = parameters.gateway.map({ GatewayHandle($0) }) {
            return .waiting { () async throws(APIError) -> JSONValue in
                let reply = try await onSecurityCenter(mayRepeat: upstream.call.isIdempotent) {
                    () async throws(SecurityCenterError) in
                    try await centers.pool.call(handle, upstream.call, owner: user, follow: upstream.follow)
                }
                return upstream.result(reply).json
            }
        }
        try upstream.checkOneCall()
        let server = try centers.find(parameters.server)
        let route = try Route(via: parameters.via, target: parameters.target)
        return .waiting { () async throws(APIError) -> JSONValue in
            let reply = try await onSecurityCenter(mayRepeat: upstream.call.isIdempotent) {
                () async throws(SecurityCenterError) in
                try await centers.pool.call(
                    server: server,
                    route: route,
                    upstream.call,
                    owner: user,
                    follow: upstream.follow
                )
            }
            return upstream.result(reply).json
        }
    }
}
