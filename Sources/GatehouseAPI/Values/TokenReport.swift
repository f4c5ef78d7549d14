// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// The state of one token, never the token (`$defs/token` of `schemas/common.json`).
public struct TokenReport: Equatable, JSONRepresentable {
    /// Which token: `gicar` is the identity token, `spe` the engine's.
    public var token: String
    /// Its state.
    public var state: TokenState
    /// When it was obtained.
    public var obtainedAt: Timestamp?
    /// When it expires.
    public var expiresAt: Timestamp?
    /// How many seconds it is still good for; negative when it has expired.
    public var expiresInSeconds: Int64?
    /// When it will be renewed ahead of its expiry, if it is used until then.
    public var renewAt: Timestamp?
    /// When a call last used it.
    public var lastUsedAt: Timestamp?
    /// How many requests wait for it.
    public var waiters: Int64
    /// How many attempts failed in a row.
    public var consecutiveFailures: Int64
    /// The last failure; nil where the last attempt succeeded or there was none.
    public var lastFailure: TokenFailure?
    /// When the daemon tries again by itself.
    public var nextAttemptAt: Timestamp?

    /// Puts one together.
    public init(
        token: String,
        state: TokenState,
        obtainedAt: Timestamp? = nil,
        expiresAt: Timestamp? = nil,
        expiresInSeconds: Int64? = nil,
        renewAt: Timestamp? = nil,
        lastUsedAt: Timestamp? = nil,
        waiters: Int64 = 0,
        consecutiveFailures: Int64 = 0,
        lastFailure: TokenFailure? = nil,
        nextAttemptAt: Timestamp? = nil
    ) {
        self.token = token
        self.state = state
        self.obtainedAt = obtainedAt
        self.expiresAt = expiresAt
        self.expiresInSeconds = expiresInSeconds
        self.renewAt = renewAt
        self.lastUsedAt = lastUsedAt
        self.waiters = waiters
        self.consecutiveFailures = consecutiveFailures
        self.lastFailure = lastFailure
        self.nextAttemptAt = nextAttemptAt
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "token": .string(token),
            "state": .string(state.rawValue),
            "obtainedAt": JSONValue(obtainedAt),
            "expiresAt": JSONValue(expiresAt),
            "expiresInSeconds": JSONValue(expiresInSeconds),
            "renewAt": JSONValue(renewAt),
            "lastUsedAt": JSONValue(lastUsedAt),
            "waiters": .number(JSONNumber(waiters)),
            "consecutiveFailures": .number(JSONNumber(consecutiveFailures)),
            "lastFailure": lastFailure?.json ?? .null,
            "nextAttemptAt": JSONValue(nextAttemptAt),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "token")
        token = try reader.string("token")
        state = TokenState(word: try reader.string("state"))
        obtainedAt = try reader.optionalTime("obtainedAt")
        expiresAt = try reader.optionalTime("expiresAt")
        expiresInSeconds = try reader.optionalInteger("expiresInSeconds")
        renewAt = try reader.optionalTime("renewAt")
        lastUsedAt = try reader.optionalTime("lastUsedAt")
        waiters = try reader.integer("waiters")
        consecutiveFailures = try reader.integer("consecutiveFailures")
        lastFailure = try reader.optionalObject("lastFailure")
        nextAttemptAt = try reader.optionalTime("nextAttemptAt")
    }
}
