// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// The state of one scan (`$defs/scanReport` of `schemas/common.json`).
public struct ScanReport: Equatable, JSONRepresentable {
    /// The daemon's identifier of the request.
    public var requestID: String
    /// The profile that scans.
    public var profile: String
    /// `waiting`, `sending` or `done`.
    public var state: String
    /// When the request had arrived.
    public var startedAt: Timestamp
    /// How many bytes were sent.
    public var sent: Int64
    /// How many bytes there are to send.
    public var size: Int64?
    /// The verdict, or the kind of the error; nil until it is done.
    public var outcome: String?

    /// Puts one together.
    public init(
        requestID: String,
        profile: String,
        state: String,
        startedAt: Timestamp,
        sent: Int64,
        size: Int64? = nil,
        outcome: String? = nil
    ) {
        self.requestID = requestID
        self.profile = profile
        self.state = state
        self.startedAt = startedAt
        self.sent = sent
        self.size = size
        self.outcome = outcome
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "requestId": .string(requestID),
            "profile": .string(profile),
            "state": .string(state),
            "startedAt": .string(startedAt.description),
            "sent": .number(JSONNumber(sent)),
            "size": JSONValue(size),
            "outcome": JSONValue(outcome),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "scan")
        requestID = try reader.string("requestId")
        profile = try reader.string("profile")
        state = try reader.string("state")
        startedAt = try reader.time("startedAt")
        sent = try reader.integer("sent")
        size = try reader.optionalInteger("size")
        outcome = try reader.optionalString("outcome")
    }
}
