// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a request asks for, as the request log and the faults name it.
package enum Operation: String, CaseIterable, Sendable {
    /// Keycloak's token endpoint.
    case token
    /// SPE login through the gateway.
    case authentication
    /// SPE token renewal through the gateway.
    case refresh
    /// Scan of an uploaded file.
    case scanFile
    /// Scan of a file on the share.
    case scanFilePath
    /// Any call of a Security Center.
    case securityCenter
    /// Anything else.
    case unknown

    /// Whether the answer is a scan result.
    package var isScan: Bool { self == .scanFile || self == .scanFilePath }
    /// Whether the answer carries SPE tokens.
    package var issuesSPETokens: Bool { self == .authentication || self == .refresh }
}

/// The kinds of token that can be revoked.
package enum TokenKind: String, Sendable {
    /// SPE access tokens.
    case access
    /// SPE refresh tokens.
    case refresh
    /// Keycloak's tokens.
    case gicar
    /// Sessions of a Security Center.
    case session
    /// Logins that are bound to connections with a Security Center.
    case login
    /// One-time keys of gateways.
    case gatewayKey
}

/// One fault: what goes wrong, at which step, and for which of its requests.
package struct Fault: Equatable, Sendable {
    /// What goes wrong.
    package enum Kind: Equatable, Sendable {
        /// The server takes so many milliseconds longer.
        case latency(Int)
        /// This status in place of the answer, in the shape that fits the step or in the one named.
        case status(Int, ErrorShape?)
        /// TCP RST in place of the answer, or after so many bytes of the request's body.
        case reset(afterBytes: Int?)
        /// Half of the body under a `Content-Length` of the whole, then the connection is closed.
        case halfBody
        /// The token that the request carries is revoked just before it is checked.
        case revoked(TokenKind?)
        /// Status 200 and no body.
        case emptyBody
        /// An HTML page with this status.
        case html(Int)
        /// The first half of the JSON text, with the length of that half.
        case wrongJson
        /// The answer without its `Content-Type`.
        case noContentType
        /// A scan answer with this `fileStatus`.
        case verdict(String)
        /// No answer at all; the connection stays open.
        case hang
        /// An SPE access token of more than 300 characters.
        case extraLongToken
        /// A redirection with this status to another path of the same server.
        case redirect(Int)
        /// A method's error with this code and module.
        case methodError(Int, module: String)
        /// A body with so many more bytes.
        case hugeBody(Int)
        /// The connection is closed after the answer, which does not say so.
        case closeAfter
        /// The body in pieces, with so many milliseconds between them.
        case drip(Int)
        /// Paths in the answer lead to another host.
        case strayUrl
    }

    /// The operation it is for; nil for all of them.
    package let operation: Operation?
    /// The call of a Security Center that it is for, `*` standing for any characters at the end; nil for all of them.
    package let call: String?
    /// What goes wrong.
    package let kind: Kind
    /// For how many requests; nil for ever.
    package let times: Int?
    /// How many requests pass unharmed before.
    package let after: Int
    /// The text it was made from.
    package let specification: String

    /// Whether it can befall this operation.
    package func suits(_ operation: Operation, call: String? = nil) -> Bool {
        guard operation != .unknown, self.operation == nil || self.operation == operation else { return false }
        if let pattern = self.call, let call, !WildcardPattern(pattern).matches(call) { return false }
        return switch kind {
        case .verdict: operation.isScan
        case .extraLongToken: operation.issuesSPETokens
        case .revoked: operation != .token
        case .methodError, .strayUrl: operation == .securityCenter
        default: true
        }
    }
}

/// Why a fault's text is refused, for people.
package struct FaultSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The sentence to show.
    package let description: String
}
