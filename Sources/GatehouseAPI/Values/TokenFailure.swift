// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// The last failure to get a token (`$defs/tokenFailure` of `schemas/common.json`).
public struct TokenFailure: Equatable, JSONRepresentable {
    /// When.
    public var at: Timestamp
    /// The kind of the error, a word of `schemas/errors.json`.
    public var kind: String
    /// What happened.
    public var message: String
    /// What the upstream said.
    public var upstream: UpstreamError?

    /// Puts one together.
    public init(
        at: Timestamp,
        kind: String,
        message: String,
        upstream: UpstreamError?
    ) {
        self.at = at
        self.kind = kind
        self.message = message
        self.upstream = upstream
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "at": .string(at.description),
            "kind": .string(kind),
            "message": .string(message),
            "upstream": upstream?.json ?? .null,
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "token failure")
        at = try reader.time("at")
        kind = try reader.string("kind")
        message = try reader.string("message")
        upstream = UpstreamError(json: reader.optionalValue("upstream"))
    }
}
