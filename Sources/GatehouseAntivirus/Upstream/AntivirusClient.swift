// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseTransfer
import GatehouseWire

/// The requests of the Antivirus API over HTTPS: builds them, sends them, reads what came back.
package struct AntivirusClient: Sendable {
    private let profile: SPEProfile
    private let engine: TransferEngine
    private let time: any TimeSource
    /// Who counts the calls of the account's plan, where it has one.
    package let pacer: PlanPacer?
    /// Whether the gateway turned out to want a body with the requests for SPE's tokens.
    private let wantsBody = Locked(false)

    /// A token or a verdict has a few hundred bytes; more than this would hold up the loop that reads it.
    private static let maximumReplyBytes = 256 << 10

    /// Talks to one account's servers.
    package init(profile: SPEProfile, engine: TransferEngine, time: any TimeSource, pacer: PlanPacer? = nil) {
        self.profile = profile
        self.engine = engine
        self.time = time
        self.pacer = pacer
    }

    // MARK: Tokens

    /// Sends the request of a step of the token chain.
    ///
    /// Those of API Connect are calls of the plan: they wait for one, before all scans.
    package func renew(_ request: TokenChain.Request) async -> Result<IssuedToken, RenewalFailure> {
        let counted = request.step == .token ? nil : pacer
        do throws(AntivirusError) {
            if let counted { try await counted.spend(counted.acquireForToken()) }
        } catch {
            return .failure(RenewalFailure(error.code == .cancelled ? .cancelled : .rateLimited, error))
        }
        let requestedAt = time.now
        let traceID = request.step == .token ? nil : TraceID.make()
        do {
            switch request.step {
            case .token:
                let reply = try await sendForTokens(tokenRequest())
                return KeycloakAnswer.read(reply, requestedAt: requestedAt, unixTime: time.unixTime)
            case .refresh, .authentication:
                let reply = try await engineTokens(request, traceID: traceID)
                return SPETokenAnswer.read(
                    reply,
                    requestedAt: requestedAt,
                    unixTime: time.unixTime,
                    sentTraceID: traceID
                )
            }
        } catch {
            let failure = Self.failure(
                error,
                server: request.step == .token ? "gicar" : "apiConnect",
                traceID: traceID
            )
            return .failure(RenewalFailure(error.code == .cancelled ? .cancelled : .transient, failure))
        }
    }

    private func tokenRequest() -> TransferRequest {
        var headers: [(name: String, value: TransferRequest.HeaderValue)] = [("Accept", .plain("application/json"))]
        if case .basic = profile.clientAuthentication {
            headers.append(("Authorization", .secret(prefix: "Basic ", FormEncoding.basicCredentials(profile))))
        }
        let form = FormEncoding.clientCredentials(profile)
        return request(
            profile.tokenURL,
            headers,
            .secretBytes(form, contentType: "application/x-www-form-urlencoded"),
            TransferRequest.Timeouts(total: min(profile.tokenTimeout, SPEProfile.longestWaitForGICAR))
        )
    }

    /// Asks for SPE's tokens without a body, as it is documented; with an empty object where the gateway refuses that.
    ///
    /// The design of the gateway's policies says that they answer 400 to a request that has no body (section 2.2).
    private func engineTokens(
        _ request: TokenChain.Request,
        traceID: String?
    ) async throws(TransferError) -> UpstreamReply {
        let hasBody = wantsBody.withLock { $0 }
        let reply = try await sendCountedForTokens(engineTokenRequest(request, hasBody: hasBody, traceID: traceID))
        guard reply.status == 400, !hasBody, !UpstreamFault.isFromSPE(reply) else { return reply }
        // One more call, once: it is counted, and not waited for.
        try? await pacer?.spend(nil)
        let second = try await sendCountedForTokens(engineTokenRequest(request, hasBody: true, traceID: traceID))
        guard second.status != 400 else { return reply }
        wantsBody.withLock { $0 = true }
        return second
    }

    private func engineTokenRequest(
        _ request: TokenChain.Request,
        hasBody: Bool,
        traceID: String?
    ) -> TransferRequest {
        let isRefresh = request.step == .refresh
        return self.request(
            profile.requestTokenURL + (isRefresh ? "/refresh" : "/authentication"),
            gatewayHeaders(request.gicar, spe: isRefresh ? request.refresh : nil, traceID: traceID),
            hasBody ? .bytes(Array("{}".utf8), contentType: "application/json") : .none,
            TransferRequest.Timeouts(total: profile.tokenTimeout)
        )
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
        return try await sendCounted(request, grant)
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
        return try await sendCounted(request, grant)
    }

    /// Sends a call of the plan, and tells the pacer what came back.
    private func sendCounted(
        _ request: TransferRequest,
        _ grant: TokenGrant
    ) async throws(TransferError) -> UpstreamReply {
        let sentAt = time.now
        let reply = try await send(request, other: grant.refresh)
        await pacer?.answered(reply, sentAt: sentAt)
        return reply
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

    /// Sends a request for tokens, and once more where the kept connection that it went to turned out to be dead.
    ///
    /// Nothing is lost by asking twice: a refresh token that is spent by a request without an answer is of no use anyway.
    private func sendForTokens(_ request: TransferRequest) async throws(TransferError) -> UpstreamReply {
        do {
            return try await send(request)
        } catch {
            guard error.isDeadConnection else { throw error }
            var again = request
            again.freshConnection = true
            return try await send(again)
        }
    }

    /// The same for a call of the plan.
    private func sendCountedForTokens(_ request: TransferRequest) async throws(TransferError) -> UpstreamReply {
        let sentAt = time.now
        let reply = try await sendForTokens(request)
        await pacer?.answered(reply, sentAt: sentAt)
        return reply
    }

    /// Sends it; what came back shows none of the secrets that went out, nor `other`, which its server knows as well.
    private func send(_ request: TransferRequest, other: Secret? = nil) async throws(TransferError) -> UpstreamReply {
        let response = try await engine.perform(request)
        let sent = request.headers.compactMap { header -> Secret? in
            guard case .secret(_, let secret) = header.value else { return nil }
            return secret
        }
        let known = [profile.clientSecret, profile.apiClientID] + sent + [other].compactMap(\.self)
        return UpstreamReply(
            status: response.status,
            headers: response.headers,
            body: response.body,
            cameBeforeFile: response.cameBeforeFile,
            redaction: Redaction(known)
        )
    }

    // MARK: Failures

    /// What a failed transfer means to a caller.
    ///
    /// `traceID` is the one that was sent: the server may know the call by it, though it did not answer.
    package static func failure(_ error: TransferError, server: String, traceID: String? = nil) -> AntivirusError {
        AntivirusError(
            code(error.code),
            error.message,
            upstream: UpstreamAnswer(name: server, traceID: traceID),
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
        case .replyTooLarge, .protocolError, .contentRefused, .replyBeforeBody: .unintelligible
        case .sourceFailed, .sinkFailed: .fileUnreadable
        case .cancelled: .cancelled
        case .invalidRequest: .refused
        case .outOfMemory, .unavailable: .unavailable
        }
    }
}

extension TransferError {
    /// Whether a kept connection was closed by its other end before there was an answer.
    var isDeadConnection: Bool {
        guard connectionWasReused else { return false }
        switch code {
        case .sendFailed, .receiveFailed, .emptyReply: return true
        default: return false
        }
    }
}
