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

    /// The server that answers it.
    package var service: Service {
        switch self {
        case .token: .gicar
        case .authentication, .refresh, .scanFile, .scanFilePath, .unknown: .apiConnect
        case .securityCenter: .securityCenter
        }
    }

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
        /// The token in the answer had expired before it was sent.
        case expiredToken
        /// The token in the answer is one that nobody accepts.
        case deadToken
        /// The expiry of SPE's token in another form.
        case expiry(ExpiryForm)
        /// The gateway refuses a request that has no JSON body.
        case wantsBody
        /// What a scan says that it counted.
        case counts(CountForm)
        /// A `Retry-After` that survives the gateway.
        case retryAfter(Int, asDate: Bool)
        /// The answer without its `X-Ctti-TraceId`.
        case noTraceId
        /// The certificate that new connections to the step's server see.
        case certificate(CertificateFault)
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

    /// How SPE may write the expiry of its token.
    package enum ExpiryForm: String, CaseIterable, Sendable {
        /// Seconds as a text.
        case text
        /// Milliseconds.
        case milliseconds
        /// Milliseconds as a text.
        case millisecondsText
    }

    /// What may be wrong with the numbers of a scan.
    package enum CountForm: String, CaseIterable, Sendable {
        /// One byte fewer than came.
        case short
        /// No file and no byte.
        case zero
        /// -1, as where SPE's options are off (Broadcom article 242211).
        case unknown
    }

    /// What may be wrong with a certificate.
    package enum CertificateFault: String, CaseIterable, Sendable {
        /// Nobody whom the client trusts has signed it.
        case untrusted
        /// It is for another host.
        case otherName
        /// Its time is over.
        case expired
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
        case .extraLongToken, .expiry, .wantsBody: operation.issuesSPETokens
        case .expiredToken, .deadToken: operation == .token || operation.issuesSPETokens
        case .counts: operation.isScan
        case .noTraceId: operation != .token && operation != .securityCenter
        case .certificate: operation != .securityCenter
        case .revoked: operation != .token
        case .methodError, .strayUrl: operation == .securityCenter
        // Its errors have one form.
        case .status(_, .some): operation != .securityCenter
        default: true
        }
    }
}

/// Why a fault's text is refused, for people.
package struct FaultSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The sentence to show.
    package let description: String
}
