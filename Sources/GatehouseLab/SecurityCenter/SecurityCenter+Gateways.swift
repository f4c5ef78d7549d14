// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension SecurityCenter {
    /// `CgwHelper`: where the nodes are that this server knows.
    mutating func cgwHelper(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.method {
        case "GetNagentLocation":
            let id = try call.text("wsHostName")
            guard let host = host(id, for: call) else { throw .notFound(id) }
            return ["PxgRetVal": location(of: host.id, for: call)]
        case "GetSlaveServerLocation":
            let id = try call.number("nSlaveServerId")
            guard let child = topology.children(of: call.node).first(where: { $0.id == id }) else {
                throw .notFound(String(id))
            }
            return ["PxgRetVal": location(of: child.name, for: call)]
        default: throw .notFound(call.name)
        }
    }

    /// `NagCgwHelper`: where the components are behind this agent.
    mutating func nagCgwHelper(_ call: Call) throws(PxgError) -> JSONValue {
        guard call.method == "GetProductComponentLocation" else { throw .notFound(call.name) }
        let product = try call.text("szwProduct")
        let version = try call.text("szwVersion")
        let component = try call.text("szwComponent")
        guard product == Topology.product.name, version == Topology.product.version,
            topology.hosts[call.node]?.components.contains(component) == true
        else { throw .notFound("\(product)/\(version)/\(component)") }
        return ["PxgRetVal": location(of: Topology.component(component, host: call.node), for: call)]
    }

    private mutating func location(of node: NodeName, for call: Call) -> JSONValue {
        locations.location(
            of: node,
            from: call.node,
            isServer: topology.kind(of: node) == .server,
            at: call.now
        )
    }

    /// A host of the server that answers, as far as the login's virtual server sees it.
    func host(_ id: String, for call: Call) -> ManagedHost? {
        topology.hosts[id].flatMap { $0.server == call.node && sees($0, call) ? $0 : nil }
    }

    func sees(_ host: ManagedHost, _ call: Call) -> Bool {
        call.virtualServer.isEmpty || host.virtualServer == call.virtualServer
    }

    /// `GatewayConnection`: one-time keys for ways through the hierarchy.
    mutating func gatewayConnection(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.method {
        case "PrepareGatewayConnection":
            return try key(for: route(call.list("pLocations"), from: call.node), call)
        case "PrepareGatewayConnectionToSecondaryServer":
            let id = try call.text("srvInstanceId")
            guard let server = topology.servers.values.first(where: { $0.instanceId == id }),
                let route = way(to: server, from: call.node)
            else { throw .notFound(id) }
            return try key(for: route, call)
        case "PrepareTunnelConnection": throw .notPermitted(call.name)
        default: throw .notFound(call.name)
        }
    }

    /// Each location must be one that the node before it gave out.
    private func route(_ list: [JSONValue], from issuer: NodeName) throws(PxgError) -> [NodeName] {
        var route: [NodeName] = []
        for location in list { route.append(try locations.node(of: location, from: route.last ?? issuer)) }
        guard !route.isEmpty else { throw .badFormat("pLocations") }
        return route
    }

    private func way(to server: ManagedServer, from top: NodeName) -> [NodeName]? {
        var route = [server.name]
        var above = server.parent
        while let name = above, name != top {
            route.insert(name, at: 0)
            above = topology.servers[name]?.parent
        }
        return above == nil ? nil : route
    }

    private mutating func key(for route: [NodeName], _ call: Call) throws(PxgError) -> JSONValue {
        for node in route where topology.kind(of: node) == nil { throw .notFound(node) }
        for node in route where !isReachable(node) { throw .unavailable(node) }
        guard let login = logins.logins[call.owner] else { throw .noAccess(call.name) }
        let grant = GatewayGrant(issuer: call.node, user: login.user, route: route)
        return ["wstrAuthKey": .string(gatewayKeys.issue(grant, at: call.now))]
    }
}
