// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// An error that the daemon answered with.
///
/// `schemas/errors.json` lists every ``kind`` with its code. A kind that this version does not know is kept as it is.
public struct RemoteError: Error, Equatable, Sendable {
    /// The JSON-RPC error code.
    public let code: Int64
    /// The daemon's sentence.
    public let message: String
    /// The stable word for what happened, such as `busy`; `unknown` where the daemon named none.
    public let kind: String
    /// Whether the same call may succeed later.
    public let retryable: Bool
    /// How long to wait before that, in milliseconds; nil where the daemon does not say.
    public let retryAfterMs: Int64?
    /// What a person can do about it; nil where the daemon does not say.
    public let hint: String?
    /// The request's name in the daemon's log; nil where the daemon does not say.
    public let requestId: String?
    /// The whole error object, as it came.
    public let object: JSONValue

    /// Reads an error object; nil where it lacks the code or the message that JSON-RPC 2.0 section 5.1 asks for.
    public init?(_ object: JSONValue) {
        guard let code = object["code"]?.integer, let message = object["message"]?.string else { return nil }
        let data = object["data"]
        self.code = code
        self.message = message
        kind = data?["kind"]?.string ?? "unknown"
        retryable = data?["retryable"]?.bool ?? false
        retryAfterMs = data?["retryAfterMs"]?.integer
        hint = data?["hint"]?.string
        requestId = data?["requestId"]?.string
        self.object = object
    }
}

extension RemoteError: CustomStringConvertible {
    /// The daemon's sentence, with the kind.
    public var description: String { "\(message) (\(kind))" }
}
