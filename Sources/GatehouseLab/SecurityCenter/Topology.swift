// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A node that calls can reach: a server's name, an agent's host id, or a component's host id, product and name.
package typealias NodeName = String

/// One Security Center server of the hierarchy.
package struct ManagedServer: Sendable {
    /// Its name in the lab.
    package let name: NodeName
    /// The server above it, nil for the primary.
    package let parent: NodeName?
    /// Its number at the server above it; servers below different ones share numbers, as real ones do.
    package let id: Int
    /// Its instance id, different from all others'.
    package let instanceId: String
    /// The name for people.
    package let displayName: String
    /// Whether nothing can be reached through it.
    package var isDown: Bool
}

/// One host with a Network Agent.
package struct ManagedHost: Sendable {
    /// How its agent behaves.
    package enum Behaviour: String, Sendable {
        /// It answers.
        case answers
        /// Gateways to it open, and no call is ever answered.
        case silent
        /// It is not connected, so that no gateway opens.
        case off
    }

    /// The id that the server made, KLHST_WKS_HOSTNAME.
    package let id: NodeName
    /// The server that manages it.
    package let server: NodeName
    /// The virtual server that it belongs to, empty for the main one.
    package var virtualServer = ""
    /// The name for people, KLHST_WKS_DN.
    package let displayName: String
    /// How its agent behaves.
    package var behaviour = Behaviour.answers
    /// Its number in the lab, from which addresses and times are made.
    package let number: Int
    /// Names of the components of the security application that can be reached behind the agent.
    package var components: [String] = []
    /// Whether it is only one more of many that are alike.
    package var isExtra = false
}

/// The servers and hosts that the lab plays.
package struct Topology: Sendable {
    /// The name of the primary.
    package static let primary: NodeName = "main"
    /// The product whose components can be reached.
    package static let product = (name: "KES", version: "11.0.0.0")

    /// The servers by name.
    package internal(set) var servers: [NodeName: ManagedServer] = [:]
    /// The hosts by id.
    package internal(set) var hosts: [NodeName: ManagedHost] = [:]
    /// The virtual servers of the primary.
    package let virtualServers = ["Branch offices"]

    /// The node of a product's component behind an agent.
    package static func component(_ name: String, host: NodeName) -> NodeName {
        "\(host)/\(product.name)/\(name)"
    }

    /// The servers directly below one, by number.
    package func children(of server: NodeName) -> [ManagedServer] {
        servers.values.filter { $0.parent == server }.sorted { $0.id < $1.id }
    }

    /// The hosts of one server in the order of their numbers.
    package func hosts(of server: NodeName) -> [ManagedHost] {
        hosts.values.filter { $0.server == server }.sorted { $0.number < $1.number }
    }

    /// What a node is, or nil where there is none of this name.
    func kind(of node: NodeName) -> NodeKind? {
        if servers[node] != nil { return .server }
        if hosts[node] != nil { return .agent }
        let parts = node.split(separator: "/").map(String.init)
        guard parts.count == 3, hosts[parts[0]]?.components.contains(parts[2]) == true else { return nil }
        return .component
    }
}

/// What answers a call.
enum NodeKind: Sendable {
    case server
    case agent
    case component
}
