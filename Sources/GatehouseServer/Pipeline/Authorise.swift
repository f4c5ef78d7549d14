// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehousePlatform

/// The second stage: decides whether this caller may make this call.
///
/// Without a policy the socket's own mode and group decide: who can open it may scan and read status (contract
/// section 7). With one, its rules do.
package struct Authorise: Sendable {
    private let rule: @Sendable (MethodSchema, MethodCall) -> AccessDecision

    /// Decides by a rule, which is asked on the loop.
    package init(_ rule: @escaping @Sendable (MethodSchema, MethodCall) -> AccessDecision) {
        self.rule = rule
    }

    /// Decides by what a method needs and who calls.
    package init(permission: @escaping @Sendable (MethodSchema.Permission, PeerIdentity) -> Bool) {
        rule = { schema, call in
            permission(schema.permission, call.peer) ? .allowed(Permit()) : .refused(APIError(.forbidden), rule: nil)
        }
    }

    /// The rule that holds without a policy: gateways and calls are for root, the administrators' group, where there
    /// is one, and whoever runs the daemon, who has its credentials anyway.
    ///
    /// Locations of a caller's own are for those who could take them from the server themselves: root and the daemon's
    /// user.
    package static func withoutPolicy(administrators group: UInt32?, daemon user: UInt32) -> Authorise {
        Authorise { schema, call in
            let peer = call.peer
            let isTrusted = peer.user == 0 || peer.user == user
            switch schema.permission {
            case .scan, .read: return .allowed(Permit())
            case .call, .administer:
                guard isTrusted || group.map({ peer.isMember(of: $0) }) == true else {
                    return .refused(APIError(.forbidden), rule: nil)
                }
                return .allowed(Permit(allowsLocations: isTrusted))
            }
        }
    }

    /// What is said to a call.
    ///
    /// Called on the loop.
    package func callAsFunction(_ schema: MethodSchema, _ call: MethodCall) -> AccessDecision {
        rule(schema, call)
    }
}
