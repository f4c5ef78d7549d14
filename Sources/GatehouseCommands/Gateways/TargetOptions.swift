// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseClient
import GatehouseWire

/// Where a gateway leads.
struct TargetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The Network Agent of this host: its id, or a name that one host alone has.",
            valueName: "id-or-name"
        )
    )
    var agent: String?

    @Option(
        help: ArgumentHelp("A product's component behind that agent.", valueName: "product/version/name")
    )
    var component: ComponentReference?

    @Option(
        help: ArgumentHelp("The secondary server of this number on the server above it.", valueName: "number")
    )
    var secondary: Int64?

    @Option(
        help: ArgumentHelp("The secondary server of this instance id, at any depth.", valueName: "id")
    )
    var secondaryInstance: String?

    func validate() throws {
        if component != nil, agent == nil { throw ValidationError("--component needs --agent.") }
        if let secondary, ServerNumbers.number(String(secondary)) == nil {
            throw ValidationError("--secondary must be a number between 0 and 2147483647.")
        }
        if let agent, [.id(""), .name("")].contains(HostReference(agent)) {
            throw ValidationError("--agent must not be empty.")
        }
    }

    /// How many targets were named.
    var count: Int { [agent != nil, secondary != nil, secondaryInstance != nil].count { $0 } }

    /// The target as the daemon takes it; a name is looked up on the server that the route leads to.
    func target(_ route: RouteOptions, _ calls: inout DaemonCalls) throws -> JSONValue {
        try target { name in try HostSearch(name: name, route: route).onlyHost(&calls) }
    }

    /// The target with a host's id in the place of its name.
    func target(idOfHost: (_ name: String) throws -> String) rethrows -> JSONValue {
        if let agent {
            let id =
                switch HostReference(agent) {
                case .id(let id): id
                case .name(let name): try idOfHost(name)
                }
            let target: JSONValue = ["agent": .string(id)]
            return target.setting("component", component?.json)
        }
        if let secondary { return ["secondary": .number(JSONNumber(secondary))] }
        return ["secondaryInstance": .string(secondaryInstance ?? "")]
    }
}
