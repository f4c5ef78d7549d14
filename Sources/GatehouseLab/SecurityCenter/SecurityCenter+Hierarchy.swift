// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension SecurityCenter {
    /// `ServerHierarchy`: the servers below this one.
    mutating func serverHierarchy(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.method {
        case "GetChildServers":
            let group = try call.number("nGroupId")
            let children = group <= 0 ? topology.children(of: call.node) : []
            return ["PxgRetVal": .array(children.map { .params(attributes(of: $0, call)) })]
        case "GetServerInfo":
            let id = try call.number("lServer")
            guard let server = topology.children(of: call.node).first(where: { $0.id == id }) else {
                throw .notFound(String(id))
            }
            let fields = try call.texts("pFields")
            let all = attributes(of: server, call).adding("KLSRVH_SRV_CERTIFICATE", .binary(Array("DER".utf8)))
                .adding(
                    "KLSRVH_SRV_PUBLIC_KEY_HASH",
                    .string(ByteCoding.hexadecimal(SHA1.hash(Array(server.name.utf8))))
                )
                .adding("KLSRVH_SRV_HOST_GUID", .string(server.instanceId))
            return ["PxgRetVal": fields.isEmpty ? all : all.members(named: fields)]
        case "FindSlaveServers":
            let text = try call.text("wstrFilter")
            guard let filter = HostFilterParser.parse(text) else { throw .badFormat(text) }
            let found = topology.children(of: call.node).map { attributes(of: $0, call) }
                .filter { filter.accepts($0, at: call.now) }
            let rows = try arrange(found, call, fields: "pFieldsToReturn", order: "pFieldsToOrder")
            return keep(rows, call, lifetime: try resultLifetime(call), accessorName: "wstrIterator")
        default: throw .notFound(call.name)
        }
    }

    private func attributes(of server: ManagedServer, _ call: Call) -> JSONValue {
        let seen = server.isDown ? call.now.advanced(bySeconds: -3 * 86_400) : call.now
        return [
            "KLSRVH_SRV_ID": .integer(server.id),
            "KLSRVH_SRV_INST_ID": .string(server.instanceId),
            "KLSRVH_SRV_ADDR": .string("\(server.name).corp.example:13000"),
            "KLSRVH_SRV_DN": .string(server.displayName),
            "KLSRVH_SRV_GROUPID": 0,
            "KLSRVH_SRV_STATUS": server.isDown ? 0 : 1,
            "KLSRVH_SRV_VERSION": "15.1.0.20748",
            "KLSRVH_SRV_LAST_CONNECTED": .dateTime(seen),
            "KLSRVH_SRV_PASSIVE": .bool(false),
            "KLSRVH_SRV_MASTER_ADDR": .string("\(call.node).corp.example:13000"),
        ]
    }
}
