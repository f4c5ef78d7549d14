// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// The search for the one host that has a name.
struct HostSearch {
    let name: String
    let route: RouteOptions

    /// How many of several hosts are told.
    private static let told = 10

    /// The id of the one host; says which there are where it is not one alone.
    func onlyHost(_ calls: inout DaemonCalls) throws -> String {
        var parameters = route.members()
        let query = HostQuery.member(name)
        parameters[query.name] = query.value
        parameters["limit"] = .number(JSONNumber(Self.told))
        let result = try calls.call(FindHosts.name, .object(parameters))
        let hosts = result["hosts"]?.array ?? []
        if hosts.count == 1, result["total"]?.integer == 1, let id = hosts[0]["id"]?.string { return id }
        throw calls.report(fault(hosts, total: result["total"]?.integer ?? Int64(hosts.count)))
    }

    private func fault(_ hosts: [JSONValue], total: Int64) -> CommandFault {
        guard total > 0 else {
            return .local(
                APIError(
                    .unknownTarget,
                    "no host there has the name \(name)",
                    hint: "gatehouse hosts lists the hosts of a server; --via names a secondary server. "
                        + "An id in another form than usual is written id:ID."
                )
            )
        }
        return .ambiguous(
            APIError(
                .unknownTarget,
                "\(total) hosts have the name \(name)",
                hint: "Name the host by its id."
            ),
            candidates: hosts
        )
    }
}
