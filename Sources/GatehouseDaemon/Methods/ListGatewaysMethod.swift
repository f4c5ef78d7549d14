// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer

/// `listGateways`: the caller's own open gateways; everybody's on the administrators' socket.
struct ListGatewaysMethod: Method {
    var name: String { ListGateways.name }
    var schema: MethodSchema { ListGateways.schema }
    let centers: SecurityCenters
    let time: any TimeSource

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let calendar = Calendar(time)
        // The pool lives on the loop, where this runs.
        let gateways = centers.pool.assumeIsolated { $0.gateways(owner: call.owner) }
        return .finished(ListGateways.Result(gateways: gateways.map { GatewayReport($0, calendar) }).json)
    }
}

extension GatewayReport {
    /// The report of a gateway that is not closed.
    init(_ gateway: GatewayInfo, _ calendar: Calendar) {
        let state =
            switch gateway.state {
            case .open: "open"
            case .lost, .preparing: "reopening"
            case .gone: "closed"
            }
        self.init(
            gateway: gateway.handle.text,
            server: gateway.server,
            route: gateway.route.steps(from: gateway.server),
            binding: gateway.binding,
            generation: Int64(clamping: gateway.generation),
            state: state,
            userID: Int64(gateway.owner),
            openedAt: calendar.timestamp(gateway.openedAt),
            lastUsedAt: calendar.timestamp(gateway.lastUsedAt),
            idleTimeoutSeconds: gateway.idleTimeout.components.seconds,
            callsInFlight: Int64(gateway.callsInFlight),
            closedBecause: gateway.state == .gone ? ErrorKind.gatewayGone.rawValue : nil
        )
    }
}
