// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire

/// The requests that open a session, one after the other.
///
/// An account without a second step needs one: `Session.StartSession`. With one, the steps belong to one connection:
/// `login` is answered 401, `login` with the one-time password 200, and from then on the connection is logged in. A
/// token made there (`Session.CreateToken`) opens the session that can be used from any connection.
struct Login: Sendable {
    enum Kind: Sendable {
        /// An account's own session.
        case account(Authorisation, totp: TOTP?)
        /// A gateway by session id.
        case gatewaySession(key: Secret)
        /// A gateway by connection.
        case gatewayConnection(key: Secret)
    }

    enum Path: String, Equatable, Sendable {
        case login
        case startSession = "Session.StartSession"
        case createToken = "Session.CreateToken"
    }

    enum Step: Sendable {
        /// Sends a request without a body; `onOwnConnection` over one that is kept for this login.
        case send(Path, Authorisation?, onOwnConnection: Bool)
        /// The session is open.
        case opened(Secret)
        /// The connection is logged in.
        case connected
        case failed(SecurityCenterError)
    }

    private enum Phase {
        case session
        case firstLeg
        case secondLeg
        case token
        case connection
    }

    private let kind: Kind
    /// Reads the answers; its secrets are those of every step so far.
    private(set) var reader: ReplyReader
    private var phase: Phase

    init(_ kind: Kind, _ reader: ReplyReader) {
        self.kind = kind
        self.reader = reader
        phase =
            switch kind {
            case .account(_, totp: .some): .firstLeg
            case .account, .gatewaySession: .session
            case .gatewayConnection: .connection
            }
    }

    /// A step is about to be sent, and no text from here on may repeat what proves who sends it.
    mutating func willSend(_ authorisation: Authorisation) {
        reader.secrets += authorisation.secrets
    }

    /// What comes first.
    func begin() -> Step {
        switch kind {
        case .account(let authorisation, let totp):
            totp == nil
                ? .send(.startSession, authorisation, onOwnConnection: false)
                : .send(.login, authorisation, onOwnConnection: true)
        case .gatewaySession(let key): .send(.startSession, .gateway(key), onOwnConnection: false)
        case .gatewayConnection(let key): .send(.login, .gateway(key), onOwnConnection: true)
        }
    }

    /// Whether the one-time password was sent and not yet accepted.
    var isAtSecondStep: Bool { phase == .secondLeg }

    /// What follows from an answer; `step` gives the time step of the one-time password, where one is asked for.
    mutating func answered(_ reply: ServerReply, step: () -> UInt64) -> Step {
        switch phase {
        case .session: return session(reply)
        case .connection:
            guard reply.status == 200 else { return .failed(refused(reply)) }
            return failure(of: reply, .login).map(Step.failed) ?? .connected
        case .firstLeg where Self.isUnfinished(reply): return secondLeg(step())
        case .firstLeg, .secondLeg:
            guard reply.status == 200, !Self.isUnfinished(reply) else { return .failed(refused(reply)) }
            if let error = failure(of: reply, .login) { return .failed(error) }
            phase = .token
            return .send(.createToken, nil, onOwnConnection: true)
        case .token:
            guard let token = text(of: reply, .createToken) else { return .failed(unreadable(reply, .createToken)) }
            phase = .session
            return .send(.startSession, .token(.oneTime, token), onOwnConnection: false)
        }
    }

    private mutating func secondLeg(_ step: UInt64) -> Step {
        guard case .account(_, let totp?) = kind, let code = totp.code(step: step) else {
            return .failed(SecurityCenterError(.wrongCredentials, "the one-time password cannot be made"))
        }
        phase = .secondLeg
        return .send(.login, .secondStep(code), onOwnConnection: true)
    }

    private func session(_ reply: ServerReply) -> Step {
        guard reply.status == 200 else { return .failed(refused(reply)) }
        guard let id = text(of: reply, .startSession) else { return .failed(unreadable(reply, .startSession)) }
        return .opened(id)
    }

    /// The first leg of a login with two.
    private static func isUnfinished(_ reply: ServerReply) -> Bool {
        guard reply.status == 401 else { return false }
        let body = String(decoding: reply.body.prefix(200), as: UTF8.self).lowercased()
        return (reply.challenge ?? "").uppercased().contains("KSCMFA") || body.contains("not finished")
    }

    // MARK: Answers

    /// The text that a method returned, where it can stand in a header.
    private func text(of reply: ServerReply, _ path: Path) -> Secret? {
        guard let answer = try? reader.read(reply, of: MethodName(own: path.rawValue)), let text = answer.result.string,
            (1...4096).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return Secret(text)
    }

    /// The error that an answer with status 200 holds; an empty one holds none.
    private func failure(of reply: ServerReply, _ path: Path) -> SecurityCenterError? {
        guard !reply.body.isEmpty, reply.status == 200 else { return nil }
        do {
            _ = try reader.read(reply, of: MethodName(own: path.rawValue))
            return nil
        } catch {
            return error.code == .unintelligible ? nil : login(error)
        }
    }

    private func unreadable(_ reply: ServerReply, _ path: Path) -> SecurityCenterError {
        do {
            _ = try reader.read(reply, of: MethodName(own: path.rawValue))
        } catch {
            return login(error)
        }
        return SecurityCenterError(
            .unintelligible,
            "the answer to \(path.rawValue) is no text",
            upstream: reader.answer(status: 200)
        )
    }

    private func refused(_ reply: ServerReply) -> SecurityCenterError {
        var error = reader.refusal(reply)
        guard reply.status == 401 || reply.status == 403 else { return error }
        switch kind {
        case .account(_, let totp):
            error.code = .wrongCredentials
            error.message =
                Self.isUnfinished(reply) && totp == nil
                ? "the account asks for a second step: configure its totp secret"
                : "the account's credentials were refused"
        case .gatewaySession, .gatewayConnection:
            error.code = .keyNotAccepted
            error.message = "the gateway's one-time key was not accepted"
        }
        return error
    }

    /// A server's own error while it logs in: some mean the credentials.
    private func login(_ error: SecurityCenterError) -> SecurityCenterError {
        guard case .account = kind, let code = error.upstream?.code else { return error }
        var error = error
        // Vendor's documentation, "Some error definitions": logon failed, account blocked, access denied.
        if ["KLSTD 1184", "KLWAT 1445", "KLWAT 1453", "KLWAT 1454", "KLSPL 2013"].contains(code) {
            error.code = .wrongCredentials
            error.message = "the account's credentials were refused"
        }
        return error
    }
}
