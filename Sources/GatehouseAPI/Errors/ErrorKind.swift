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
    /// The descriptor is no regular file that is open for reading.
    case fileRefused
    /// A request with this id is still in flight on this connection.
    case duplicateId
    /// The daemon is stopping.
    case stopping
    /// There is no profile of that name, or none was named and there is no default.
    case unknownProfile
    /// Reading the file failed.
    case fileUnreadable
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
        case .unknown: -32603
        }
    }

    /// Whether the same request may succeed later, where the error itself does not say otherwise.
    public var isRetryable: Bool {
        switch self {
        case .busy, .stopping, .upstreamUnreachable, .upstreamFailed, .upstreamAnswer, .rateLimited, .upstreamTimeout:
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
