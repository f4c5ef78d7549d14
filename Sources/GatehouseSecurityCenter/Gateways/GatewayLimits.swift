// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Bounds of a ``GatewayPool``, each with a default and its reason.
package struct GatewayLimits: Sendable, Equatable {
    /// Open gateways of one user: a web server is one user, so this is its capacity.
    package var perUser = 1024
    /// Open gateways in total.
    package var total = 4096
    /// Upstream sessions of one user without a gateway, kept for later calls in one-call form.
    package var pooledPerUser = 32
    /// How long such a session is kept, or five sixths of what the server's sessions last without use where that is less.
    package var pooledTime = Duration.seconds(150)
    /// Calls at once through one gateway by session; further ones wait.
    ///
    /// Through a gateway by connection it is one, in order.
    package var callsPerGateway = 4
    /// Calls that may wait for one gateway.
    package var waitingPerGateway = 256
    /// Sessions that are ended at once when many are.
    package var endingAtOnce = 16
    /// How long ending all of them may take.
    package var endingTime = Duration.seconds(5)

    /// The defaults.
    package init() {}
}
