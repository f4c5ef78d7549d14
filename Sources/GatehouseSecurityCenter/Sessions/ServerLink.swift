// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire

/// One Security Center at work: sends single requests and carries out logins.
///
/// Which sessions there are is its callers' affair.
struct ServerLink: Sendable {
    let profile: SecurityCenterProfile
    let transport: any ServerTransport
    let time: any TimeSource
    /// A token that was refused is not tried again, whoever asks how often, before it is another or its time is over.
    private let refused = Locked<(token: Secret, error: SecurityCenterError, until: Instant)?>(nil)
    /// The one-time passwords that were sent.
    var steps = TOTPSteps()
    /// How many one-time passwords were refused in a row.
    private let refusedSteps = Locked(0)

    init(profile: SecurityCenterProfile, transport: any ServerTransport, time: any TimeSource) {
        self.profile = profile
        self.transport = transport
        self.time = time
    }

    private var requests: ServerRequests { ServerRequests(profile: profile) }

    /// Reads the answer to a request.
    func reader(_ requestID: String) -> ReplyReader {
        ReplyReader(server: profile.name, secrets: profile.account.secrets, requestID: requestID)
    }

    /// One call, sent at most once.
    func send(
        _ method: MethodName,
        _ body: [UInt8],
        _ session: UpstreamSession,
        requestID: String,
        within limit: Duration,
        freshConnection: Bool = false
    ) async -> Result<ServerReply, TransferError> {
        let request = requests.call(
            method,
            body,
            session,
            requestID: requestID,
            within: limit,
            freshConnection: freshConnection
        )
        return await send(request, session)
    }

    /// A request that is made already, over a session.
    func send(_ request: TransferRequest, _ session: UpstreamSession) async -> Result<ServerReply, TransferError> {
        do throws(TransferError) {
            switch session {
            case .session: return .success(try await transport.send(request))
            case .connection(let connection): return .success(try await connection.send(request))
            }
        } catch {
            return .failure(error)
        }
    }

    /// Asks whether a session is alive.
    func ping(_ session: UpstreamSession) async -> Result<ServerReply, TransferError> {
        await send(
            MethodName(own: "Session.Ping"),
            Array("{}".utf8),
            session,
            requestID: ServerRequests.requestID(),
            within: .seconds(15)
        )
    }

    /// Ends a session; what the server says to that is of no use to anyone.
    func end(_ session: UpstreamSession) async {
        switch session {
        case .connection(let connection): connection.close()
        case .session:
            _ = await send(
                MethodName(own: "Session.EndSession"),
                Array("{}".utf8),
                session,
                requestID: ServerRequests.requestID(),
                within: .seconds(5)
            )
        }
    }

    // MARK: Logins

    /// Waits on the caller's clock; throws when it has no more time.
    typealias Pause = (Duration) async throws(SecurityCenterError) -> Void

    /// Opens the account's own session; with a second step, waits by `pause` for a password that was not used before.
    func logIn(pausing pause: Pause) async throws(SecurityCenterError) -> UpstreamSession {
        switch profile.account {
        case .password(let account):
            let totp = try account.totp.map { secret throws(SecurityCenterError) in
                guard let totp = TOTP(base32: secret) else {
                    throw SecurityCenterError(.credentialMissing, "the totp secret is not base32")
                }
                return totp
            }
            let authorisation = try Authorisation.basic(account)
            guard let totp else { return try await logIn(.account(authorisation, totp: nil)) }
            return try await logIn(authorisation, totp, pause)
        case .token(let scheme, let read):
            guard let token = await read() else {
                throw SecurityCenterError(.credentialMissing, "there is no token for the account")
            }
            if let error = refusal(of: token) { throw error }
            do {
                return try await logIn(.account(.token(scheme, token), totp: nil))
            } catch {
                throw remember(error, token)
            }
        }
    }

    private func logIn(
        _ authorisation: Authorisation,
        _ totp: TOTP,
        _ pause: Pause
    ) async throws(SecurityCenterError) -> UpstreamSession {
        guard let step = steps.take(unixTime: time.unixTime) else {
            throw SecurityCenterError(
                .unavailable,
                "too many logins wait for a one-time password of their own",
                retryAfter: .seconds(30)
            )
        }
        do throws(SecurityCenterError) {
            try await pause(TOTP.wait(for: step, unixTime: time.unixTime))
        } catch {
            steps.giveBack(step)
            throw error
        }
        return try await logIn(.account(authorisation, totp: totp), step)
    }

    /// The account as a whole is not to blame for one password that was refused, as clocks differ; for two in a row it is.
    private func refusedAtSecondStep(_ error: SecurityCenterError) -> SecurityCenterError {
        guard error.code == .wrongCredentials else { return error }
        let count = refusedSteps.withLock { count in
            count = min(count + 1, 2)
            return count
        }
        guard count < 2 else { return error }
        var error = error
        error.message = "the one-time password was refused"
        error.retryAfter = .seconds(30)
        return error
    }

    private func refusal(of token: Secret) -> SecurityCenterError? {
        guard let last = refused.withLock({ $0 }), last.token.isEqual(to: token), last.until > time.now else {
            return nil
        }
        var error = last.error
        error.retryAfter = last.until - time.now
        return error
    }

    /// Lets a token that was refused be tried again.
    func forgetRefusal() {
        refused.withLock { $0 = nil }
    }

    /// The error with the time to wait, so that the table does not refuse the account as a whole.
    private func remember(_ error: SecurityCenterError, _ token: Secret) -> SecurityCenterError {
        guard error.code == .wrongCredentials else { return error }
        var error = error
        error.retryAfter = GatewayTable.refusedTime
        let entry = (token, error, time.now + GatewayTable.refusedTime)
        refused.withLock { $0 = entry }
        return error
    }

    /// Redeems a gateway's key.
    func redeem(_ key: Secret, _ binding: GatewayBinding) async throws(SecurityCenterError) -> UpstreamSession {
        let kind: Login.Kind = binding == .session ? .gatewaySession(key: key) : .gatewayConnection(key: key)
        return try await logIn(kind)
    }

    /// What a failed transfer means to a login: a connection that ended was not a gateway yet.
    private static func failure(_ error: TransferError, _ reader: ReplyReader) -> SecurityCenterError {
        var failure = reader.failure(error, changesNothing: true)
        if error.code == .connectionGone { failure.code = .unreachable }
        return failure
    }

    private func logIn(_ kind: Login.Kind, _ reserved: UInt64? = nil) async throws(SecurityCenterError)
        -> UpstreamSession
    {
        let requestID = ServerRequests.requestID()
        var login = Login(kind, reader(requestID))
        var own: (any ServerConnection)?
        var step = login.begin()
        // Until it is used, somebody else may have it.
        var unused = reserved
        defer { if let unused { steps.giveBack(unused) } }
        while true {
            switch step {
            case .send(let path, let authorisation, let onOwnConnection):
                if let authorisation { login.willSend(authorisation) }
                let request = requests.login(path, authorisation, isGateway: kind.isGateway, requestID: requestID)
                let reply: ServerReply
                do throws(TransferError) {
                    if onOwnConnection {
                        if own == nil { own = try transport.connect() }
                        guard let own else { throw TransferError(.unavailable, "there is no connection") }
                        reply = try await own.send(request)
                    } else {
                        reply = try await transport.send(request)
                    }
                } catch {
                    own?.close()
                    // A login that got lost leaves a session behind at worst, which expires.
                    throw Self.failure(error, login.reader)
                }
                let wasSecondStep = login.isAtSecondStep
                step = login.answered(reply) {
                    defer { unused = nil }
                    return unused.map { steps.renew($0, unixTime: time.unixTime) } ?? TOTP.step(unixTime: time.unixTime)
                }
                if wasSecondStep, case .failed(let error) = step { step = .failed(refusedAtSecondStep(error)) }
            case .opened(let id):
                own?.close()
                refusedSteps.withLock { $0 = 0 }
                return .session(id)
            case .connected:
                guard let own else { throw SecurityCenterError(.unavailable, "there is no connection") }
                return .connection(own)
            case .failed(let error):
                own?.close()
                throw error
            }
        }
    }
}

extension Login.Kind {
    var isGateway: Bool {
        switch self {
        case .account: false
        case .gatewaySession, .gatewayConnection: true
        }
    }
}
