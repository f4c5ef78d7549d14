// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseSecurityCenter

extension Route {
    /// The way to a target by way of secondary servers, as callers name both; to the last of those without a target.
    init(via: [Int64]?, target: Target?) throws(APIError) {
        do { try self.init(Self.nodes(via: via, target: target)) } catch { throw APIError(error) }
    }

    /// The nodes on that way; whether each can stand where it does is not looked at.
    static func nodes(via: [Int64]?, target: Target?) -> [Node] {
        var nodes = (via ?? []).map(Node.secondary)
        switch target {
        case nil: break
        case .secondary(let number): nodes.append(.secondary(number))
        case .secondaryInstance(let instance): nodes.append(.secondaryInstance(instance))
        case .agent(let host, let component):
            nodes.append(.agent(host))
            if let component {
                let node = Node.component(
                    product: component.product,
                    version: component.version,
                    name: component.name
                )
                nodes.append(node)
            }
        }
        return nodes
    }

    /// The steps from the server of that name on, as callers see them.
    func steps(from server: String) -> [RouteStep] {
        [RouteStep(kind: "server", id: server)] + nodes.map(\.step)
    }
}

extension Route.Node {
    fileprivate var step: RouteStep {
        switch self {
        case .secondary(let number): RouteStep(kind: "secondary", id: String(number))
        case .secondaryInstance(let instance): RouteStep(kind: "secondary", id: instance)
        case .agent(let host): RouteStep(kind: "agent", id: host)
        case .component(let product, let version, let name):
            RouteStep(kind: "component", id: "\(product)/\(version)/\(name)")
        case .location: RouteStep(kind: "location", id: "")
        }
    }
}
