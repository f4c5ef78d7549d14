// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// The way from the primary server to a target: the nodes behind it, in order.
///
/// A route without nodes is the primary itself.
package struct Route: Hashable, Sendable {
    /// One node on the way.
    package enum Node: Hashable, Sendable {
        /// A secondary server by `KLSRVH_SRV_ID`, as the server before it counts.
        case secondary(Int64)
        /// A secondary server by `KLSRVH_SRV_INST_ID`.
        case secondaryInstance(String)
        /// A host by `KLHST_WKS_HOSTNAME`: its Network Agent.
        case agent(String)
        /// A product's component behind the agent before it.
        case component(product: String, version: String, name: String)
        /// A location that the caller brought, which nothing is known about.
        case location(RawLocation)
    }

    /// A location as its JSON text, byte for byte.
    package struct RawLocation: Hashable, Sendable {
        let text: [UInt8]
        /// The location as it was given.
        package let value: JSONValue

        init(_ value: JSONValue) {
            self.value = value
            text = JSONText(value).bytes
        }

        package static func == (left: RawLocation, right: RawLocation) -> Bool { left.text == right.text }

        package func hash(into hasher: inout Hasher) { hasher.combine(text) }
    }

    /// The nodes behind the primary, the target last.
    package let nodes: [Node]

    /// The primary itself.
    package static let primary = Route(unchecked: [])

    /// The most nodes that a route may have.
    package static let maximumDepth = 20

    /// Checks that each node can stand behind the one before it: throws `invalidRoute` if not.
    ///
    /// Servers stand behind servers, an agent behind a server, a component behind an agent; locations alone.
    package init(_ nodes: [Node]) throws(SecurityCenterError) {
        guard nodes.count <= Self.maximumDepth else {
            throw SecurityCenterError(.invalidRoute, "a route has at most \(Self.maximumDepth) nodes")
        }
        var previous: Node?
        for node in nodes {
            guard node.isWellFormed, node.canStand(behind: previous) else {
                throw SecurityCenterError(.invalidRoute, "nothing of that kind stands behind the node before it")
            }
            previous = node
        }
        self.nodes = nodes
    }

    /// A route of locations that the caller brought, in order from the first hop; at least one, each an object.
    package init(locations: [JSONValue]) throws(SecurityCenterError) {
        guard !locations.isEmpty, locations.allSatisfy({ $0.object != nil }) else {
            throw SecurityCenterError(.invalidRoute, "locations are objects, and there is at least one")
        }
        try self.init(locations.map { .location(RawLocation($0)) })
    }

    init(unchecked nodes: [Node]) {
        self.nodes = nodes
    }

    /// Whether this is the primary itself.
    package var isPrimary: Bool { nodes.isEmpty }

    /// The route to whoever owns the last node.
    var owner: Route { Route(unchecked: Array(nodes.dropLast())) }
}

extension Route.Node {
    /// Ids are texts of a caller: none is empty or endless.
    fileprivate var isWellFormed: Bool {
        switch self {
        case .secondary, .location: true
        case .secondaryInstance(let id), .agent(let id): (1...1024).contains(id.utf8.count)
        case .component(let product, let version, let name):
            [product, version, name].allSatisfy { $0.utf8.count <= 1024 } && !product.isEmpty
        }
    }

    fileprivate func canStand(behind previous: Route.Node?) -> Bool {
        switch (previous, self) {
        case (nil, .component): false
        case (nil, _): true
        case (.location, .location): true
        case (.secondary, .secondary), (.secondary, .secondaryInstance), (.secondary, .agent): true
        case (.agent, .component): true
        default: false
        }
    }
}
