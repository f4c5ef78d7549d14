// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What kind of error a request ended in: a stable word with one fixed code.
///
/// The list is `schemas/errors.json`, which also has the sentences for people. Later versions may add kinds; a client
/// reads one that it does not know as ``unknown``.
public enum ErrorKind: String, CaseIterable, Sendable {
    /// The bytes on the socket are no JSON text in UTF-8.
    case parseError
    /// The JSON value is no JSON-RPC 2.0 request.
    case invalidRequest
    /// There is no method of that name on this socket.
    case methodNotFound
    /// The params break the method's schema.
    case invalidParams
    /// The daemon failed in a way that it should not.
    case `internal`
    /// The request was cancelled by its caller.
    case cancelled
    /// The deadline passed before there was an answer.
    case deadlineExceeded
    /// The daemon has as much work as it takes on.
    case busy
    /// The caller may not do this.
    case forbidden
    /// The daemon's configuration is faulty, so it cannot serve.
    case configuration
    /// The request is larger or deeper than a limit allows.
    case limitExceeded
    /// The descriptors that came do not match the message.
    case descriptorMismatch
    /// A path was given where a descriptor is needed: the daemon opens no caller's path.
    case passADescriptor
    /// The descriptor is no regular file that is open as the method needs it.
    case fileRefused
    /// A request with this id is still in flight on this connection.
    case duplicateId
    /// The daemon is stopping.
    case stopping
    /// There is no profile of that name, or none was named and there is no default.
    case unknownProfile
    /// Reading the file failed.
    case fileUnreadable
    /// There is no Security Center of that name, or none was named and there are several.
    case unknownServer
    /// The caller has no gateway of that handle.
    case unknownGateway
    /// Calls of this class are the daemon's own.
    case forbiddenCall
    /// The path is not in a folder that the engine shares.
    case pathNotShared
    /// The change takes effect only when the daemon starts anew.
    case restartNeeded
    /// Writing to the file failed.
    case fileUnwritable
    /// The upstream cannot be reached.
    case upstreamUnreachable
    /// The upstream's certificate is not trusted.
    case upstreamNotTrusted
    /// The upstream refused the request.
    case upstreamRefused
    /// The upstream failed.
    case upstreamFailed
    /// The upstream's answer was not understood.
    case upstreamAnswer
    /// The upstream does not accept the credentials.
    case wrongCredentials
    /// A credential that the profile names cannot be read.
    case credentialMissing
    /// The upstream's plan allows no more calls for now.
    case rateLimited
    /// The upstream did not answer in time.
    case upstreamTimeout
    /// The engine's token is longer than the gateway accepts (300 characters).
    case tokenTooLong
    /// The Security Center answered with an error of its own.
    case upstreamError
    /// The call may have taken effect, but its answer did not arrive.
    case outcomeUnknown
    /// The session ended while an action on it was pending.
    case sessionLost
    /// The gateway is dead: its connection or route is gone.
    case gatewayGone
    /// The Security Center knows no such host, secondary server or component.
    case unknownTarget
    /// The daemon's account on the Security Center may not do this.
    case noPermission
    /// A URL in the upstream's answer leads to somewhere else, so it was not followed.
    case invalidReplyURL
    /// The engine called a test virus clean, so it is out of service.
    case engineFailsOpen
    /// The engine's virus definitions are older than the profile allows.
    case definitionsTooOld
    /// The Security Center did not accept the one-time key that it had given.
    case gatewayKeyRefused
    /// The Security Center no longer knows a location on the route.
    case locationGone
    /// The Security Center does not reach the target.
    case targetUnreachable
    /// The upstream's answer is larger than a limit allows.
    case replyTooLarge
    /// The action that was awaited ended in failure.
    case actionFailed
    /// This connection has no subscription of that name.
    case unknownSubscription
    /// A kind that this version does not know; ``APIError/word`` and ``APIError/code`` say which.
    case unknown

    /// Every kind that the daemon of this version answers: all but ``unknown``.
    public static let defined = allCases.filter { $0 != .unknown }

    /// The code in the JSON-RPC error object: JSON-RPC's own, or one from -32099 to -32000.
    public var code: Int {
        switch self {
        case .parseError: -32700
        case .invalidRequest: -32600
        case .methodNotFound: -32601
        case .invalidParams: -32602
        case .`internal`: -32603
        case .cancelled: -32001
        case .deadlineExceeded: -32002
        case .busy: -32003
        case .forbidden: -32004
        case .configuration: -32005
        case .limitExceeded: -32006
        case .descriptorMismatch: -32007
        case .passADescriptor: -32008
        case .fileRefused: -32009
        case .duplicateId: -32010
        case .stopping: -32011
        case .unknownProfile: -32012
        case .fileUnreadable: -32013
        case .unknownServer: -32014
        case .unknownGateway: -32015
        case .forbiddenCall: -32016
        case .pathNotShared: -32017
        case .restartNeeded: -32018
        case .fileUnwritable: -32019
        case .upstreamUnreachable: -32020
        case .upstreamNotTrusted: -32021
        case .upstreamRefused: -32022
        case .upstreamFailed: -32023
        case .upstreamAnswer: -32024
        case .wrongCredentials: -32025
        case .credentialMissing: -32026
        case .rateLimited: -32027
        case .upstreamTimeout: -32028
        case .tokenTooLong: -32029
        case .upstreamError: -32030
        case .outcomeUnknown: -32031
        case .sessionLost: -32032
        case .gatewayGone: -32033
        case .unknownTarget: -32034
        case .noPermission: -32035
        case .invalidReplyURL: -32036
        case .engineFailsOpen: -32037
        case .definitionsTooOld: -32038
        case .gatewayKeyRefused: -32039
        case .locationGone: -32040
        case .targetUnreachable: -32041
        case .replyTooLarge: -32042
        case .actionFailed: -32043
        case .unknownSubscription: -32044
        case .unknown: -32603
        }
    }

    /// Whether the same request may succeed later, where the error itself does not say otherwise.
    public var isRetryable: Bool {
        switch self {
        case .busy, .stopping, .upstreamUnreachable, .upstreamFailed, .upstreamAnswer, .rateLimited, .upstreamTimeout,
            .gatewayKeyRefused, .targetUnreachable:
            true
        default: false
        }
    }

    /// The kind that has this code.
    public init?(code: Int) {
        guard let kind = Self.defined.first(where: { $0.code == code }) else { return nil }
        self = kind
    }

    /// What happened, in a sentence of `schemas/errors.json`.
    public var summary: String { ErrorTexts.all[self]?.summary ?? "An error that this version does not know." }

    /// What to do about it, in a sentence of `schemas/errors.json`.
    public var hint: String { ErrorTexts.all[self]?.hint ?? "Look for a newer version of this program." }
}
