// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI

/// Why a Security Center, or something behind it, did not do what it was asked for.
///
/// Its texts may reach a caller: they hold no header, key, session id or password.
package struct SecurityCenterError: Error, Equatable, Sendable {
    /// The closed set of causes.
    package enum Code: String, Equatable, Sendable, CaseIterable {
        /// No connection, or one that broke before the request was sent: nothing has happened.
        case unreachable
        /// The server's certificate is not the one that is trusted.
        case notTrusted
        /// No answer in time to a request that changes nothing.
        case timedOut
        /// The request may have been carried out: its bytes may have left, and no whole answer came back.
        case outcomeUnknown
        /// An answer that is not what this method answers, or that was cut.
        case unintelligible
        /// An answer longer than is taken.
        case replyTooLarge
        /// The server answered with an error of its own (`PxgError`).
        case upstreamError
        /// The server answered with an HTTP status that says no.
        case refused
        /// The server failed (HTTP 5xx).
        case failed
        /// The account may not do this; its session is alive.
        case noPermission
        /// The account's credentials are wrong, or a second step is asked for that is not configured.
        case wrongCredentials
        /// A credential cannot be read.
        case credentialMissing
        /// The session in which this was going on ended: an async action cannot be followed any more.
        case sessionLost
        /// The one connection of a gateway ended, and the gateway with it.
        case gatewayGone
        /// There is no such gateway of this caller's.
        case unknownGateway
        /// There is no such server in the configuration.
        case unknownServer
        /// There is no such host, secondary or component.
        case unknownTarget
        /// The server no longer knows a location that it gave.
        case locationGone
        /// A node of the route is down, or does not answer its server.
        case targetUnreachable
        /// The server did not accept the gateway's one-time key, twice.
        case keyNotAccepted
        /// The method is not a method's name.
        case invalidMethod
        /// The method belongs to the daemon itself.
        case reservedMethod
        /// The route does not lead anywhere: a node that nothing can stand behind.
        case invalidRoute
        /// The arguments cannot be sent, or a name cannot be searched for.
        case invalidArguments
        /// An async action ended in failure.
        case actionFailed
        /// A URL in a reply leads somewhere else than to this server's files.
        case foreignAddress
        /// The caller's file is none that can be filled or sent.
        case fileRefused
        /// The caller's file cannot be written or read.
        case fileFailed
        /// The caller's user cannot own a gateway: it stands for all that have no name here (uid 65534).
        case noOwner
        /// As many gateways are open as may be.
        case limitExceeded
        /// The caller does not want the answer any more.
        case cancelled
        /// Gatehouse itself is at a limit or ends.
        case unavailable
    }

    /// The cause.
    package var code: Code
    /// A sentence for the operator.
    package var message: String
    /// What the server said, where it said something; `name` is the server's name in the configuration.
    package var upstream: UpstreamError?
    /// How long to wait before another attempt makes sense.
    package var retryAfter: Duration?
    /// Whether a call's bytes may have left, so that its outcome is unknown.
    package var requestMayHaveLeft = false
    /// The id of the async action that had begun by then, and goes on whatever became of its caller.
    package var action: String?

    /// Describes a failure.
    package init(
        _ code: Code,
        _ message: String,
        upstream: UpstreamError? = nil,
        retryAfter: Duration? = nil,
        requestMayHaveLeft: Bool = false
    ) {
        self.code = code
        self.message = message
        self.upstream = upstream
        self.retryAfter = retryAfter
        self.requestMayHaveLeft = requestMayHaveLeft
    }
}
