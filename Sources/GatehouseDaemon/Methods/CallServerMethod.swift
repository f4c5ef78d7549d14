// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// `callServer`: a call on a Security Center, or on a secondary server behind it.
struct CallServerMethod: Method {
    var name: String { CallServer.name }
    var schema: MethodSchema { CallServer.schema }
    let centers: SecurityCenters
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> {
        ["server": .server, "via": .via, "target": .target, "method": .call]
    }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let parameters = try CallServer.Parameters(json: call.parameters)
        let upstream = try UpstreamCall(
            parameters.method,
            parameters.arguments,
            isIdempotent: parameters.isIdempotent,
            awaitsAction: parameters.awaitsAction,
            format: parameters.format,
            call,
            now: time.now
        )
        try upstream.checkOneCall()
        let server = try centers.find(parameters.server)
        let route = try Route(via: parameters.via, target: nil)
        let user = call.peer.user
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
