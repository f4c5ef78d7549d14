// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// `listSecondaries`: the servers right below a Security Center or a secondary server.
struct ListSecondariesMethod: Method {
    var name: String { ListSecondaries.name }
    var schema: MethodSchema { ListSecondaries.schema }
    let centers: SecurityCenters
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> { ["server": .server, "via": .via] }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let parameters = try ListSecondaries.Parameters(json: call.parameters)
        let server = try centers.find(parameters.server)
        let route = try Route(via: parameters.via, target: nil)
        let within = call.upstreamTime(now: time.now)
        let user = call.peer.user
        return .waiting { () async throws(APIError) -> JSONValue in
            let list = try await onSecurityCenter { () async throws(SecurityCenterError) in
                try await centers.pool.listSecondaries(server: server, route: route, owner: user, within: within)
            }
            let secondaries = list.compactMap(ListSecondaries.Secondary.init).sorted { $0.id < $1.id }
            return ListSecondaries.Result(secondaries: secondaries).json
        }
    }
}

extension ListSecondaries.Secondary {
    /// A secondary server by its attributes (vendor's documentation, ServerHierarchy.GetChildServers); nil without a
    /// number, which is one of 32 bits.
    init?(_ attributes: JSONObject) {
        let plain = attributes.withoutKLPARWrappers
        guard let number = plain["KLSRVH_SRV_ID"]?.integer, (0...Int64(Int32.max)).contains(number) else { return nil }
        func text(_ name: String) -> String? { plain[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            id: number,
            instanceID: text("KLSRVH_SRV_INST_ID"),
            displayName: text("KLSRVH_SRV_DN"),
            address: text("KLSRVH_SRV_ADDR"),
            isActive: plain["KLSRVH_SRV_STATUS"]?.integer.map { $0 == 1 },
            version: text("KLSRVH_SRV_VERSION"),
            lastConnectedAt: text("KLSRVH_SRV_LAST_CONNECTED").flatMap(Timestamp.init)
        )
    }
}
