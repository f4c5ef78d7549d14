// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension SecurityCenter {
    /// `HostGroup`: the hosts of a server.
    mutating func hostGroup(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.method {
        case "FindHosts":
            let rows = try arrange(
                hosts(of: call.node, call),
                call,
                fields: "vecFieldsToReturn",
                order: "vecFieldsToOrder"
            )
            return keep(rows, call, lifetime: try resultLifetime(call), accessorName: "strAccessor")
        case "FindHostsAsync": return try findHostsEverywhere(call)
        case "FindHostsAsyncGetAccessor": return try foundHosts(call)
        case "FindHostsAsyncCancel":
            let id = try call.text("strRequestId")
            guard actions[id]?.owner == call.owner else { throw .notFound(id) }
            actions[id] = nil
            return [:]
        case "GetHostInfo":
            let id = try call.text("strHostName")
            guard let host = host(id, for: call) else { throw .notFound(id) }
            let fields = try call.texts("pFields2Return")
            let attributes = host.attributes(at: call.now)
            return ["PxgRetVal": fields.isEmpty ? attributes : attributes.members(named: fields)]
        case "GetHostTasks":
            let id = try call.text("strHostName")
            guard let host = host(id, for: call) else { throw .notFound(id) }
            return ["PxgRetVal": .string(openTasks(of: host, call))]
        case "GroupIdGroups": return ["PxgRetVal": 0]
        case "GroupIdUnassigned": return ["PxgRetVal": 1]
        case "GroupIdSuper": return ["PxgRetVal": 2]
        default: throw .notFound(call.name)
        }
    }

    /// The attributes of the hosts of one server that the filter accepts.
    private func hosts(of server: NodeName, _ call: Call) throws(PxgError) -> [JSONValue] {
        let text = try call.text("wstrFilter")
        guard let filter = HostFilterParser.parse(text) else { throw .badFormat(text) }
        let isOwnAlone = try call.optionalContainer("pParams")["KLGRP_FIND_FROM_CUR_VS_ONLY"] == .bool(true)
        return topology.hosts(of: server)
            .filter { sees($0, call) && (!isOwnAlone || $0.virtualServer == call.virtualServer) }
            .map { $0.attributes(at: call.now) }
            .filter { filter.accepts($0, at: call.now) }
    }

    /// Searches the servers below, too, as deep as `KLSRVH_SLAVE_REC_DEPTH` says; -1 is all the way.
    private mutating func findHostsEverywhere(_ call: Call) throws(PxgError) -> JSONValue {
        let parameters = try call.optionalContainer("pParams")
        let depth = parameters["KLSRVH_SLAVE_REC_DEPTH"]?.unwrapped.number ?? 0
        var rows: [JSONValue] = []
        var failed: [JSONValue] = []
        var level = [call.node]
        var below = depth < 0 ? Int.max : depth
        if parameters["KLGRP_FIND_FROM_CUR_VS_ONLY"] == .bool(true) { below = 0 }
        while true {
            for server in level { rows += try hosts(of: server, call) }
            guard below > 0, !level.isEmpty else { break }
            below -= 1
            let children = level.flatMap { topology.children(of: $0) }
            failed += children.filter(\.isDown).map { server in
                .params(["KLSRVH_SRV_ID": .integer(server.id), "KLSRVH_SRV_DN": .string(server.displayName)])
            }
            level = children.filter { !$0.isDown }.map(\.name)
        }
        rows = try arrange(rows, call, fields: "vecFieldsToReturn", order: "vecFieldsToOrder")
        let search = AsyncAction.Effect.hosts(rows, failed: failed, lifetime: try resultLifetime(call))
        return ["strRequestId": .string(start(search, call))]
    }

    private mutating func foundHosts(_ call: Call) throws(PxgError) -> JSONValue {
        let id = try call.text("strRequestId")
        guard let action = actions[id], action.owner == call.owner, action.isFinished,
            case .hosts(let rows, let failed, let lifetime) = action.effect
        else { throw .notFound(id) }
        actions[id] = nil
        return keep(rows, call, lifetime: lifetime, accessorName: "strAccessor")
            .adding("pFailedSlavesInfo", ["KLGRP_FAILED_SLAVES_PARAMS": .array(failed)])
    }
}
