// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension SecurityCenter {
    /// The hosts as they are now.
    package var hosts: [ManagedHost] { Array(topology.hosts.values) }

    /// A server by its name in the lab.
    package func server(_ name: NodeName) -> ManagedServer? { topology.servers[name] }

    /// What is open, in total and at each node that has anything open.
    package mutating func state(at now: LabInstant) -> JSONValue {
        for owner in logins.expired(at: now, always: true) { end(owner) }
        var nodes: [NodeName: [String: Int]] = [:]
        func count(_ node: NodeName, _ what: String) { nodes[node, default: [:]][what, default: 0] += 1 }
        var connections = 0
        for (owner, login) in logins.logins {
            count(login.node, login.route.isEmpty ? "logins" : "gateways")
            if case .connection = owner { connections += 1 }
        }
        for set in resultSets.values { count(set.node, "resultSets") }
        for action in actions.values { count(action.node, "actions") }
        for iterator in taskIterators.values { count(iterator.host, "taskIterators") }
        let list = nodes.sorted { $0.key < $1.key }.map { node, counts in
            JSONValue.Member(
                name: node,
                value: .object(
                    counts.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: .integer($0.value)) }
                )
            )
        }
        return [
            "connectionLogins": .integer(connections), "sessions": .integer(logins.logins.count - connections),
            "gateways": .integer(logins.logins.values.count { !$0.route.isEmpty }),
            "gatewayKeys": .integer(gatewayKeys.count(at: now)), "tokens": .integer(tokens.count(at: now)),
            "transfers": .integer(transfers.count), "nodes": .object(list),
        ]
    }

    /// Changes what the query names, one thing with its value, and answers with the state; nil where it is malformed.
    package mutating func change(query: String, at now: LabInstant) -> JSONValue? {
        guard let pairs = ByteCoding.formPairs(query), let first = pairs.first else { return nil }
        let state = pairs.first { $0.name == "state" }?.value ?? ""
        guard change(first.name, first.value, state: state) else { return nil }
        return self.state(at: now)
    }

    private mutating func change(_ name: String, _ value: String, state: String) -> Bool {
        switch name {
        case "server":
            guard topology.servers[value] != nil, ["up", "down"].contains(state) else { return false }
            topology.servers[value]?.isDown = state == "down"
        case "host":
            guard topology.hosts[value] != nil, let behaviour = ManagedHost.Behaviour(rawValue: state) else {
                return false
            }
            topology.hosts[value]?.behaviour = behaviour
        case "forget":
            guard topology.servers[value] != nil || topology.hosts[value] != nil else { return false }
            locations.forget(value)
        case "certificate":
            guard ["first", "other"].contains(value) else { return false }
            showsOtherCertificate = value == "other"
        case "locations":
            guard ["anyOrder", "sameOrder"].contains(value) else { return false }
            locations.needsSameOrder = value == "sameOrder"
        default: return changeTime(name, value)
        }
        return true
    }

    private mutating func changeTime(_ name: String, _ value: String) -> Bool {
        let isNegative = name == "checkDelay" && value.hasPrefix("-")
        guard let number = ByteCoding.decimal(isNegative ? value.dropFirst() : value[...]) else { return false }
        switch name {
        case "sessionLifetime" where number > 0: logins.lifetime = number
        case "actionDuration": settings.actionDuration = number
        case "taskDuration": settings.taskDuration = number
        case "checkDelay": settings.checkDelay = isNegative ? -number : number
        default: return false
        }
        return true
    }

    /// Ends every login of a kind, or takes every key back, and says how many there were.
    mutating func revokeAll(_ kind: TokenKind) -> Int {
        let owners: [Login.Owner] =
            switch kind {
            case .session: logins.logins.keys.filter { if case .session = $0 { true } else { false } }
            case .login: logins.logins.keys.filter { if case .connection = $0 { true } else { false } }
            case .gatewayKey: []
            case .access, .refresh, .gicar: []
            }
        for owner in owners { end(owner) }
        return kind == .gatewayKey ? gatewayKeys.removeAll() : owners.count
    }

    /// Takes away what a request relies on: its login, and the key in its credentials.
    mutating func revoke(_ head: RequestHead, connection: Int, at now: LabInstant) {
        if case .gateway(let key)? = head.header("Authorization").map(AuthorizationHeader.init) {
            _ = gatewayKeys.redeem(key, at: now)
        } else {
            end(Self.owner(head, connection: connection))
        }
    }
}
