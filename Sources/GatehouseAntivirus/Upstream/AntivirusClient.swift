// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseTransfer
import GatehouseWire

/// The requests of the Antivirus API over HTTPS: builds them, sends them, reads what came back.
package struct AntivirusClient: Sendable {
    private let profile: SPEProfile
    private let engine: TransferEngine
    private let time: any TimeSource

    /// The gateway gives up after 60 s (protocol page, section 2.2): a little more, and a token request has no body.
    private static let tokenTimeouts = TransferRequest.Timeouts(total: .seconds(75))

    /// A token or a verdict has a few hundred bytes; more than this would hold up the loop that reads it.
    private static let maximumReplyBytes = 256 << 10

    /// Talks to one account's servers.
    package init(profile: SPEProfile, engine: TransferEngine, time: any TimeSource) {
        self.profile = profile
        self.engine = engine
        self.time = time
    }

    // MARK: Tokens

    /// Sends the request of a step of the token chain.
    package func renew(_ request: TokenChain.Request) async -> Result<IssuedToken, RenewalFailure> {
        let requestedAt = time.now
        let reply: UpstreamReply
        do {
            reply = try await send(tokenRequest(request))
        } catch {
            let failure = Self.failure(error, server: request.step == .token ? "gicar" : "apiConnect")
            return .failure(RenewalFailure(error.code == .cancelled ? .cancelled : .transient, failure))
        }
        switch request.step {
        case .token: return KeycloakAnswer.read(reply, requestedAt: requestedAt)
        case .refresh, .authentication:
            return SPETokenAnswer.read(reply, requestedAt: requestedAt, unixTime: time.unixTime)
        }
    }

    private func tokenRequest(_ request: TokenChain.Request) -> TransferRequest {
        switch request.step {
        case .token:
            var headers: [(name: String, value: TransferRequest.HeaderValue)] = [("Accept", .plain("application/json"))]
            if case .basic = profile.clientAuthentication {
                headers.append(("Authorization", .secret(prefix: "Basic ", FormEncoding.basicCredentials(profile))))
            }
            return self.request(
                profile.tokenURL,
                headers,
                .secretBytes(
                    FormEncoding.clientCredentials(profile),
                    contentType: "application/x-www-form-urlencoded"
                ),
                Self.tokenTimeouts
            )
        case .authentication:
            return self.request(
                profile.requestTokenURL + "/authentication",
                gatewayHeaders(request.gicar, spe: nil, traceID: nil),
                .none,
                Self.tokenTimeouts
            )
        case .refresh:
            return self.request(
                profile.requestTokenURL + "/refresh",
                gatewayHeaders(request.gicar, spe: request.refresh, traceID: nil),
                .none,
                Self.tokenTimeouts
            )
        }
    }

    // MARK: Scans

    /// Sends a file to be scanned and returns the answer, whatever it says.
    package func scan(
        _ source: UploadSource,
        fileName: String,
        _ grant: TokenGrant,
        traceID: String,
        within limit: Duration,
        freshConnection: Bool = false
    ) async throws(TransferError) -> UpstreamReply {
        var request = request(
            profile.scanFileURL + "/scan-file",
            gatewayHeaders(grant.gicar, spe: grant.spe, traceID: traceID),
            .file(source, field: "file", fileName: fileName),
            TransferRequest.Timeouts(total: limit)
        )
        request.freshConnection = freshConnection
        return try await send(request)
    }

    /// Has a file of the share scanned and returns the answer, whatever it says.
    ///
    /// The body has this one member: the gateway refuses others (protocol page, section 2.2).
    package func scan(
        _ path: SharedPath,
        _ grant: TokenGrant,
        traceID: String,
        within limit: Duration,
        freshConnection: Bool = false
    ) async throws(TransferError) -> UpstreamReply {
        let body: JSONValue = ["filePath": .string(path.text)]
        var request = request(
            profile.scanFileURL + "/scan-file-path",
            gatewayHeaders(grant.gicar, spe: grant.spe, traceID: traceID),
            .bytes(Array(body.text.utf8), contentType: "application/json"),
            TransferRequest.Timeouts(total: limit)
        )
        request.freshConnection = freshConnection
        return try await send(request)
    }

    private func gatewayHeaders(
        _ gicar: Secret?,
        spe: Secret?,
        traceID: String?
    ) -> [(name: String, value: TransferRequest.HeaderValue)] {
        var headers: [(name: String, value: TransferRequest.HeaderValue)] = [
            ("Accept", .plain("application/json")), ("X-IBM-Client-Id", .secret(prefix: "", profile.apiClientID)),
        ]
        if let gicar { headers.append(("Authorization", .secret(prefix: "Bearer ", gicar))) }
        if let spe { headers.append(("Authorization-SPE", .secret(prefix: "Bearer ", spe))) }
        if let traceID { headers.append(("X-Ctti-TraceId", .plain(traceID))) }
        return headers
    }

    private func request(
        _ url: String,
        _ headers: [(name: String, value: TransferRequest.HeaderValue)],
        _ body: TransferRequest.Body,
        _ timeouts: TransferRequest.Timeouts
    ) -> TransferRequest {
        TransferRequest(
            .post,
            url,
            headers: headers,
            body: body,
            trust: profile.trust,
            proxy: profile.proxy,
            timeouts: timeouts,
            maximumReplyBytes: Self.maximumReplyBytes
        )
    }

    private func send(_ request: TransferRequest) async throws(TransferError) -> UpstreamReply {
        let response = try await engine.perform(request)
        return UpstreamReply(status: response.status, headers: response.headers, body: response.body)
    }

    // MARK: Failures

    /// What a failed transfer means to a caller.
    package static func failure(_ error: TransferError, server: String) -> AntivirusError {
        AntivirusError(
            code(error.code),
            error.message,
            upstream: UpstreamAnswer(name: server),
            requestMayHaveLeft: error.requestMayHaveLeft
        )
    }

    private static func code(_ code: TransferError.Code) -> AntivirusError.Code {
        switch code {
        case .cannotResolve, .cannotConnect, .connectTimeout, .sendFailed, .receiveFailed, .emptyReply, .cutReply,
            .tlsFailure, .connectionGone:
            .unreachable
        case .tlsNotTrusted, .pinMismatch, .authorityUnreadable: .notTrusted
        case .timedOut: .timedOut
        case .replyTooLarge, .protocolError: .unintelligible
        case .sourceFailed, .sinkFailed: .fileUnreadable
        case .cancelled: .cancelled
        case .invalidRequest: .refused
        case .outOfMemory, .unavailable: .unavailable
        }
    }
}
