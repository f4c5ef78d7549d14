// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension Topology {
    /// The lab's hierarchy: a primary with three servers below it, one of them down, and a server below one of those.
    ///
    /// `extraHosts` more hosts stand behind the primary, so that lists of hosts come in several pieces.
    package static func lab(extraHosts: Int) -> Topology {
        var topology = Topology()
        topology.add("main", below: nil, id: 0, "Administration Server")
        topology.add("north", below: "main", id: 1, "Secondary Server North")
        topology.add("south", below: "main", id: 2, "Secondary Server South")
        topology.add("closed", below: "main", id: 3, "Secondary Server Closed", isDown: true)
        topology.add("harbour", below: "north", id: 1, "Secondary Server Harbour")

        topology.add("MAIN-WS-1", behind: "main", components: ["FileThreatProtection"])
        topology.add("MAIN-SILENT", behind: "main", behaviour: .silent)
        topology.add("MAIN-OFF", behind: "main", behaviour: .off)
        topology.add("MAIN \"[odd]*?\" \\ñ&(=)", behind: "main")
        topology.add("MAIN-VIRTUAL", behind: "main", virtualServer: "Branch offices")
        topology.add("NORTH-WS-1", behind: "north", components: ["FileThreatProtection", "WebControl"])
        topology.add("NORTH-WS-2", behind: "north")
        topology.add("SOUTH-WS-1", behind: "south")
        topology.add("HARBOUR-WS-1", behind: "harbour", components: ["FileThreatProtection"])
        topology.add("HARBOUR-SILENT", behind: "harbour", behaviour: .silent)
        for number in 0..<max(0, extraHosts) { topology.add("EXTRA-\(number + 1)", behind: "main", isExtra: true) }
        return topology
    }

    private mutating func add(
        _ name: NodeName,
        below parent: NodeName?,
        id: Int,
        _ displayName: String,
        isDown: Bool = false
    ) {
        servers[name] = ManagedServer(
            name: name,
            parent: parent,
            id: id,
            instanceId: Self.identifier(servers.count, 0x5E),
            displayName: displayName,
            isDown: isDown
        )
    }

    private mutating func add(
        _ displayName: String,
        behind server: NodeName,
        behaviour: ManagedHost.Behaviour = .answers,
        components: [String] = [],
        virtualServer: String = "",
        isExtra: Bool = false
    ) {
        let id = Self.identifier(hosts.count, 0xA6)
        hosts[id] = ManagedHost(
            id: id,
            server: server,
            virtualServer: virtualServer,
            displayName: displayName,
            behaviour: behaviour,
            number: hosts.count + 1,
            components: components,
            isExtra: isExtra
        )
    }

    /// An identifier that looks random and is the same at each start.
    private static func identifier(_ number: Int, _ kind: UInt8) -> String {
        let hash = SHA1.hash([kind, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)])
        return ByteCoding.uuid(Array(hash.prefix(16)))
    }
}
