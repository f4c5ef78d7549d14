// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Why the Antivirus API gave no verdict and no token.
///
/// Its texts may reach a caller: they hold no header, token or secret.
package struct AntivirusError: Error, Equatable, Sendable {
    /// The closed set of causes.
    package enum Code: Equatable, Sendable {
        /// No connection, or one that broke before an answer.
        case unreachable
        /// The server's certificate is not the one that the profile trusts.
        case notTrusted
        /// No answer in time.
        case timedOut
        /// An answer that says no, and will again: a 4xx that is none of the others.
        case refused
        /// An answer that says that the server has failed: a 5xx.
        case failed
        /// An answer that is not what this operation answers.
        case unintelligible
        /// The client id or secret is wrong, or is not allowed to do this.
        case wrongCredentials
        /// A token was not accepted, though it had just been renewed.
        case tokenRejected
        /// A token was not accepted and is renewed, but the file's start is gone: whoever has it can send it again.
        case tokenRenewed
        /// The plan's limit is reached.
        case rateLimited
        /// A token is longer than the gateway takes.
        case tokenTooLong
        /// The engine calls test files clean that are not.
        case failsOpen
        /// The caller's file cannot be read.
        case fileUnreadable
        /// The caller's descriptor is not a regular file that is open for reading.
        case fileRefused
        /// The virus definitions are older than the profile allows, so that nothing is called clean.
        case definitionsTooOld
        /// The caller may not have this file scanned.
        case notAllowed
        /// The caller does not want the answer any more.
        case cancelled
        /// Gatehouse itself is at a limit or ends.
        case unavailable
    }

    /// The caller has left, before anything of a request was sent.
    package static let cancelled = AntivirusError(.cancelled, "cancelled")

    /// The cause.
    package var code: Code
    /// A sentence for the operator.
    package var message: String
    /// What the server said, where it said something.
    package var upstream: UpstreamAnswer?
    /// How long to wait before another attempt makes sense.
    package var retryAfter: Duration?
    /// Whether bytes of a scan may have reached the server.
    package var requestMayHaveLeft = false
    /// Whether it has been tried as often as it may be: another attempt is for the caller to make.
    package var isTriedOut = false

    /// Describes a failure.
    package init(
        _ code: Code,
        _ message: String,
        upstream: UpstreamAnswer? = nil,
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

/// What an upstream said when it did not do what it was asked for; every text is capped and free of secrets.
package struct UpstreamAnswer: Equatable, Sendable {
    /// Which server: `gicar`, `apiConnect` or `spe`.
    package var name: String
    /// The HTTP status, where there was an answer.
    package var status: Int?
    /// The server's own code: Keycloak's `error`, CTTI's `errorCode`.
    package var code: String?
    /// The server's own text.
    package var text: String?
    /// `X-Ctti-TraceId`, by which the operator of the API finds the call.
    package var traceID: String?

    /// Describes an answer.
    package init(name: String, status: Int? = nil, code: String? = nil, text: String? = nil, traceID: String? = nil) {
        self.name = name
        self.status = status
        self.code = code
        self.text = text
        self.traceID = traceID
    }
}
