// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// What the owner of a node is asked, so that the way to the node can be prepared.
enum OwnerQuestion: Equatable, Sendable {
    /// The location of a node.
    case location(Route.Node)
    /// Which secondary servers there are, to find the number of one of them.
    case secondaries

    /// The call; nil for a node whose location nobody is asked.
    var call: MethodCall? {
        var arguments = JSONObject()
        let method: String
        switch self {
        case .secondaries:
            method = "ServerHierarchy.GetChildServers"
            arguments["nGroupId"] = -1
        case .location(.secondary(let id)):
            method = "CgwHelper.GetSlaveServerLocation"
            arguments["nSlaveServerId"] = .number(JSONNumber(id))
        case .location(.agent(let host)):
            method = "CgwHelper.GetNagentLocation"
            arguments["wsHostName"] = .string(host)
        case .location(.component(let product, let version, let name)):
            method = "NagCgwHelper.GetProductComponentLocation"
            arguments["szwProduct"] = .string(product)
            arguments["szwVersion"] = .string(version)
            arguments["szwComponent"] = .string(name)
        case .location(.secondaryInstance), .location(.location): return nil
        }
        // An answer that got lost leaves nothing behind.
        return MethodCall(MethodName(own: method), arguments, isIdempotent: true, within: .seconds(60))
    }

    /// What the node is called in an error.
    var subject: String {
        switch self {
        case .secondaries, .location(.secondary), .location(.secondaryInstance): "secondary server"
        case .location(.agent): "host"
        case .location(.component): "component"
        case .location(.location): "location"
        }
    }
}

/// What the primary is asked for a one-time key.
enum KeyQuestion: Equatable, Sendable {
    /// `PrepareGatewayConnection` with the locations from the first hop to the target.
    case locations([JSONValue])
    /// `PrepareGatewayConnectionToSecondaryServer`, for a child of the primary.
    case instance(String)

    var call: MethodCall {
        var arguments = JSONObject()
        let method: String
        switch self {
        case .locations(let locations):
            method = "GatewayConnection.PrepareGatewayConnection"
            arguments["pLocations"] = .array(locations)
        case .instance(let id):
            method = "GatewayConnection.PrepareGatewayConnectionToSecondaryServer"
            arguments["srvInstanceId"] = .string(id)
        }
        // A key that got lost lapses after a minute.
        return MethodCall(MethodName(own: method), arguments, isIdempotent: true, within: .seconds(90))
    }
}
