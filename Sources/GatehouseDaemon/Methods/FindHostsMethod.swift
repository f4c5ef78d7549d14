// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// `findHosts`: hosts by a name or a filter, on a Security Center or a secondary server behind it.
struct FindHostsMethod: Method {
    var name: String { FindHosts.name }
    var schema: MethodSchema { FindHosts.schema }
    let centers: SecurityCenters
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> {
        ["server": .server, "via": .via, "name": .host, "filter": .filter]
    }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        let parameters = try FindHosts.Parameters(json: call.parameters)
        let server = try centers.find(parameters.server)
        let route = try Route(via: parameters.via, target: nil)
        let search = try search(parameters)
        let within = call.upstreamTime(now: time.now)
        let user = call.peer.user
        return .waiting { () async throws(APIError) -> JSONValue in
            let list = try await onSecurityCenter { () async throws(SecurityCenterError) in
                try await centers.pool.findHosts(server: server, route: route, search, owner: user, within: within)
            }
            let hosts = list.hosts.compactMap { FindHosts.Host($0, wanted: parameters.fields ?? []) }
            let sorted = hosts.sorted { ($0.displayName ?? "", $0.id) < ($1.displayName ?? "", $1.id) }
            return FindHosts.Result(hosts: sorted, total: Int64(clamping: max(list.total, sorted.count))).json
        }
    }

    private func search(_ parameters: FindHosts.Parameters) throws(APIError) -> HostSearch {
        let fields =
            HostSearch.defaultFields
            + (parameters.fields ?? []).filter {
                !HostSearch.defaultFields.contains($0)
            }
        let limit = Int(clamping: parameters.limit ?? 100)
        if let filter = parameters.filter { return HostSearch(filter: filter, fields: fields, limit: limit) }
        do {
            return try HostSearch(name: parameters.hostName ?? "", fields: fields, limit: limit)
        } catch {
            throw APIError(error)
        }
    }
}

extension FindHosts.Host {
    /// A host by its attributes (vendor's documentation, "List of host attributes"); nil without an id.
    init?(_ attributes: JSONObject, wanted: [String]) {
        let plain = attributes.withoutKLPARWrappers
        guard let id = plain["KLHST_WKS_HOSTNAME"]?.string else { return nil }
        func text(_ name: String) -> String? { plain[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        let bits = plain["KLHST_WKS_STATUS"]?.integer
        let level: String? =
            switch plain["KLHST_WKS_STATUS_ID"]?.integer {
            case 0: "ok"
            case 1: "critical"
            case 2: "warning"
            default: nil
            }
        var named = JSONObject()
        for name in wanted { named[name] = attributes[name] }
        self.init(
            id: id,
            displayName: text("KLHST_WKS_DN"),
            address: text("KLHST_WKS_FQDN") ?? plain["KLHST_WKS_IP_LONG"]?.integer.flatMap(Self.address),
            status: FindHosts.Status(
                level: level,
                isVisible: bits.map { $0 & 1 != 0 },
                hasAgent: bits.map { $0 & 4 != 0 },
                isAgentConnected: bits.map { $0 & 8 != 0 }
            ),
            attributes: named
        )
    }

    /// An IPv4 address as the Security Center keeps it: a number whose lowest byte comes first.
    private static func address(_ number: Int64) -> String? {
        guard let bits = UInt32(exactly: number), bits != 0 else { return nil }
        return (0..<4).map { String(bits >> ($0 * 8) & 0xFF) }.joined(separator: ".")
    }
}
