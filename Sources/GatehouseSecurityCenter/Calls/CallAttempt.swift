// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer

/// One call over a session, from the first byte to an answer: what is sent again, and when.
///
/// A call may have an effect, so it is sent once. It is sent again in two cases: the server refused it for lack of a
/// session and a ping on that session is refused too; or its outcome is in doubt on a kept connection and the caller
/// said that it may be repeated.
struct CallAttempt: Sendable {
    enum Step: Equatable, Sendable {
        /// Sends the call over the present session.
        case send(freshConnection: Bool)
        /// Asks whether the session is alive (`Session.Ping`).
        case ping
        /// Gives up the session and opens it anew, then sends the call over that.
        case reopen
        /// The server carried the call out, or said why not.
        case done(ServerReply)
        /// It failed; `isLost` where the session or its connection is of no more use.
        case failed(SecurityCenterError, isLost: Bool)
    }

    /// Reads refusals; whoever sends the call over another session tells it that session's secret.
    var reader: ReplyReader
    private let isIdempotent: Bool
    private let binding: GatewayBinding
    private var hasRepeated = false
    private var hasReopened = false
    private var refusal: ServerReply?

    init(_ reader: ReplyReader, isIdempotent: Bool, binding: GatewayBinding) {
        self.reader = reader
        self.isIdempotent = isIdempotent
        self.binding = binding
    }

    /// What comes first.
    static let first = Step.send(freshConnection: false)

    /// What follows from what came back of the call.
    mutating func sent(_ result: Result<ServerReply, TransferError>) -> Step {
        switch result {
        case .success(let reply) where reply.status == 401 || reply.status == 403:
            refusal = reply
            return .ping
        case .success(let reply):
            return .done(reply)
        case .failure(let error):
            let mayRepeat = isIdempotent && error.connectionWasReused && binding == .session && !hasRepeated
            if mayRepeat, Self.isBrokenConnection(error.code) {
                hasRepeated = true
                return .send(freshConnection: true)
            }
            let isLost = endsConnection(error)
            var failure = reader.failure(error, changesNothing: isIdempotent)
            // There is no other connection over which it could be tried again.
            if isLost, failure.code == .unreachable { failure.code = .gatewayGone }
            return .failed(failure, isLost: isLost)
        }
    }

    /// A gateway's one connection is of no more use, unless nothing of the request was ever on it.
    private func endsConnection(_ error: TransferError) -> Bool {
        guard binding == .connection else { return false }
        switch error.code {
        case .cancelled, .invalidRequest, .outOfMemory: return error.requestMayHaveLeft
        default: return true
        }
    }

    /// What follows from the ping that a refusal asked for.
    mutating func pinged(_ result: Result<ServerReply, TransferError>) -> Step {
        switch result {
        case .success(let reply) where reply.status == 401 || reply.status == 403:
            return sessionIsGone()
        case .success(let reply) where reply.status >= 500:
            // The call itself was refused, so nothing is in doubt, but why it was.
            var failure = reader.refusal(reply)
            failure.requestMayHaveLeft = false
            return .failed(failure, isLost: false)
        case .success(let reply):
            // Some other failure is the session's, unless a new one answers in the same way.
            let isAlive = reply.status == 200 && reader.fault(in: reply) == nil
            guard !isAlive, binding == .session, !hasReopened else { return .failed(noPermission, isLost: false) }
            return sessionIsGone()
        case .failure(let error):
            // The call itself was refused, so nothing is in doubt.
            var failure = reader.failure(error, changesNothing: true)
            failure.requestMayHaveLeft = false
            return .failed(failure, isLost: endsConnection(error))
        }
    }

    private mutating func sessionIsGone() -> Step {
        guard binding == .session else {
            return .failed(
                SecurityCenterError(.gatewayGone, "the gateway's connection is no longer logged in"),
                isLost: true
            )
        }
        guard !hasReopened else {
            return .failed(
                SecurityCenterError(.sessionLost, "the session was gone again right after it was opened anew"),
                isLost: true
            )
        }
        hasReopened = true
        return .reopen
    }

    private var noPermission: SecurityCenterError {
        var error = refusal.map(reader.refusal) ?? SecurityCenterError(.noPermission, "")
        error.code = .noPermission
        error.message = "the account may not call this"
        return error
    }

    private static func isBrokenConnection(_ code: TransferError.Code) -> Bool {
        switch code {
        case .sendFailed, .receiveFailed, .emptyReply: true
        default: false
        }
    }
}
