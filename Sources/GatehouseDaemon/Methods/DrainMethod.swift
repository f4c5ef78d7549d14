// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// `drain`: lets the work in flight finish and takes on no more; only status, metrics and itself still answer.
struct DrainMethod: Method {
    var name: String { Drain.name }
    var schema: MethodSchema { Drain.schema }
    let centers: SecurityCenters
    let lasting: Lasting
    let time: any TimeSource

    var isServedWhileDraining: Bool { true }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        guard let server = lasting.server.server else { throw APIError(.internal) }
        server.takeNoNewWork()
        let deadline = call.deadline
        return .waiting { () async throws(APIError) -> JSONValue in
            let left = await server.waitUntilIdle()
            // At the deadline the caller hears what is left; whoever cancels hears that it is cancelled.
            guard left == 0 || time.now >= deadline else { throw APIError(.cancelled) }
            return await Drain.Result(
                isDrained: left == 0,
                requestsInFlight: Int64(left),
                gatewaysOpen: Int64(centers.pool.gatewayCount)
            ).json
        }
    }
}
