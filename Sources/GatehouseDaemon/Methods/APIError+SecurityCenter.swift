// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter

extension APIError {
    /// The one place where failures of Security Centers get their kind on the wire.
    ///
    /// `fileFailure` is what a failure of the caller's file is: only the method knows which way the bytes went. Where
    /// the work must not happen twice (`mayRepeat` is false), no failure after bytes have left invites to try again.
    init(_ error: SecurityCenterError, mayRepeat: Bool = true, fileFailure: ErrorKind = .internal) {
        let isInDoubt = error.requestMayHaveLeft && !mayRepeat && error.code != .actionFailed
        // Work that was cut short says for whatever cut it whether it may be done twice.
        let mayBeSentAgain = error.code == .cancelled && error.requestMayHaveLeft && error.action == nil
        self.init(
            error.code == .fileFailed ? fileFailure : Self.kind(of: error.code),
            error.message,
            isRetryable: isInDoubt ? false : mayBeSentAgain ? true : nil,
            retryAfterMilliseconds: isInDoubt ? nil : error.retryAfter?.wholeMilliseconds,
            upstream: error.upstream,
            hint: Self.hint(error, isInDoubt: isInDoubt),
            outcome: isInDoubt || error.requestMayHaveLeft && [.cancelled, .outcomeUnknown].contains(error.code)
                ? .unknown : nil
        )
    }

    /// What to do, where the kind alone says something else.
    private static func hint(_ error: SecurityCenterError, isInDoubt: Bool) -> String? {
        switch error.code {
        case .cancelled:
            error.action.map { "The action \($0) has begun and goes on: look at the target before you begin it again." }
                ?? (isInDoubt ? inDoubt : nil)
        case .limitExceeded:
            "Close gateways that nobody uses, or wait for calls to end; limits.gateways and limits.gatewaysPerUid bound them."
        // Their kinds say in general that it may be tried again.
        case .failed, .unintelligible, .unreachable, .timedOut:
            isInDoubt ? inDoubt : nil
        default: nil
        }
    }

    private static let inDoubt = "It may have taken effect: look at the target before you send it again."

    private static func kind(of code: SecurityCenterError.Code) -> ErrorKind {
        switch code {
        case .unreachable: .upstreamUnreachable
        case .notTrusted: .upstreamNotTrusted
        case .timedOut: .upstreamTimeout
        case .outcomeUnknown: .outcomeUnknown
        case .unintelligible: .upstreamAnswer
        case .replyTooLarge: .replyTooLarge
        case .upstreamError: .upstreamError
        case .refused: .upstreamRefused
        case .failed: .upstreamFailed
        case .noPermission: .noPermission
        case .wrongCredentials: .wrongCredentials
        case .credentialMissing: .credentialMissing
        case .sessionLost: .sessionLost
        case .gatewayGone: .gatewayGone
        case .unknownGateway: .unknownGateway
        case .noOwner: .forbidden
        case .unknownServer: .unknownServer
        case .unknownTarget: .unknownTarget
        case .locationGone: .locationGone
        case .targetUnreachable: .targetUnreachable
        case .keyNotAccepted: .gatewayKeyRefused
        case .invalidMethod, .invalidRoute, .invalidArguments: .invalidParams
        case .reservedMethod: .forbiddenCall
        case .actionFailed: .actionFailed
        case .foreignAddress: .invalidReplyURL
        case .fileRefused: .fileRefused
        case .fileFailed: .internal
        case .limitExceeded: .limitExceeded
        case .cancelled: .cancelled
        case .unavailable: .busy
        }
    }
}

/// Runs work on a Security Center whose failures become errors of the wire.
func onSecurityCenter<Value: Sendable>(
    mayRepeat: Bool = true,
    _ work: () async throws(SecurityCenterError) -> Value
) async throws(APIError) -> Value {
    do { return try await work() } catch { throw APIError(error, mayRepeat: mayRepeat) }
}
