// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// Why a request was not answered with a result; the error object of JSON-RPC and its `data`.
///
/// It is what a caller may see: whoever makes one puts no secret, no header and no local path of the daemon's into it.
public struct APIError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is known about the effects of a request that failed.
    public enum Outcome: String, Sendable {
        /// The request may have taken effect upstream.
        case unknown
    }

    /// The kind.
    public var kind: ErrorKind
    /// The kind's word; another one than `kind.rawValue` only where ``kind`` is ``ErrorKind/unknown``.
    public private(set) var word: String
    /// The code; another one than `kind.code` only where ``kind`` is ``ErrorKind/unknown``.
    public private(set) var code: Int
    /// What happened, in one sentence.
    public var message: String
    /// Whether the same request may succeed later.
    public var isRetryable: Bool
    /// How long to wait before trying again.
    public var retryAfterMilliseconds: Int64?
    /// What the upstream said.
    public var upstream: UpstreamError?
    /// Every way in which the params break the method's schema.
    public var violations: [Violation]
    /// What to do about it.
    public var hint: String?
    /// What is known about the request's effects.
    public var outcome: Outcome?
    /// The daemon's identifier of the request; known on the client's side only.
    public private(set) var requestID: String?

    /// An error of a kind.
    ///
    /// What is left out is the kind's own: its summary as message, its hint, whether it is retryable.
    public init(
        _ kind: ErrorKind,
        _ message: String? = nil,
        isRetryable: Bool? = nil,
        retryAfterMilliseconds: Int64? = nil,
        upstream: UpstreamError? = nil,
        violations: [Violation] = [],
        hint: String? = nil,
        outcome: Outcome? = nil
    ) {
        self.kind = kind
        word = kind.rawValue
        code = kind.code
        self.message = message ?? kind.summary
        self.isRetryable = isRetryable ?? kind.isRetryable
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.upstream = upstream
        self.violations = violations
        self.hint = hint ?? kind.hint
        self.outcome = outcome
    }

    /// The message, for people.
    public var description: String { "\(message) (\(word))" }
}

extension APIError {
    /// The `error` of a JSON-RPC reply: `$defs/error` of `schemas/common.json`.
    ///
    /// `requestID` is the daemon's identifier of the request; nil where no request was understood.
    public func json(requestID: String?) -> JSONValue {
        var data = JSONObject()
        data["kind"] = .string(word)
        data["retryable"] = .bool(isRetryable)
        data["retryAfterMs"] = retryAfterMilliseconds.map { .number(JSONNumber(max(0, $0))) }
        data["requestId"] = JSONValue(requestID)
        data["upstream"] = upstream?.json
        if !violations.isEmpty { data["violations"] = .array(violations.map(\.json)) }
        data["hint"] = hint.map { .string($0) }
        data["outcome"] = outcome.map { .string($0.rawValue) }
        return ["code": .number(JSONNumber(code)), "message": .string(message), "data": .object(data)]
    }

    /// Reads the `error` of a JSON-RPC reply; nil where it has no integer `code`, so is none.
    ///
    /// Without `data`, as other servers answer, the code alone says what kind it is.
    public init?(json: JSONValue) {
        guard let code = json["code"]?.integer.flatMap(Int.init(exactly:)) else { return nil }
        let data = json["data"]
        let kind =
            data?["kind"]?.string.map { ErrorKind(rawValue: $0) ?? .unknown } ?? ErrorKind(code: code) ?? .unknown
        self.init(kind, json["message"]?.string)
        self.code = code
        word = data?["kind"]?.string ?? kind.rawValue
        isRetryable = data?["retryable"]?.bool ?? kind.isRetryable
        retryAfterMilliseconds = data?["retryAfterMs"]?.integer
        upstream = UpstreamError(json: data?["upstream"])
        violations = data?["violations"]?.array?.map(Violation.init(json:)) ?? []
        hint = data?["hint"]?.string
        outcome = data?["outcome"]?.string.flatMap(Outcome.init(rawValue:))
        requestID = data?["requestId"]?.string
    }
}
