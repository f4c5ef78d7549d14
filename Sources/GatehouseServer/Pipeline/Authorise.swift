// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehousePlatform

/// The second stage: decides whether this caller may call this method.
///
/// Without a policy the socket's own mode and group decide: who can open it may scan and read status (contract
/// section 7). A configuration with a policy is refused by the configuration until policies are in force, so that none
/// is ever silently ignored.
package struct Authorise: Sendable {
    private let rule: @Sendable (MethodSchema.Permission, PeerIdentity) -> Bool

    /// Decides by a rule.
    package init(_ rule: @escaping @Sendable (MethodSchema.Permission, PeerIdentity) -> Bool) {
        self.rule = rule
    }

    /// The rule that holds without a policy: gateways and calls are for root, the administrators' group, where there
    /// is one, and whoever runs the daemon, who has its credentials anyway.
    package static func withoutPolicy(administrators group: UInt32?, daemon user: UInt32) -> Authorise {
        Authorise { permission, peer in
            switch permission {
            case .scan, .read: true
            case .call, .administer:
                peer.user == 0 || peer.user == user || group.map { peer.isMember(of: $0) } == true
            }
        }
    }

    func callAsFunction(_ schema: MethodSchema, _ peer: PeerIdentity) throws(APIError) {
        guard rule(schema.permission, peer) else { throw APIError(.forbidden) }
    }
}
