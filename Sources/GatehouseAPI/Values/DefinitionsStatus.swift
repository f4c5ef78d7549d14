// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// The virus definitions of a profile's last scan (`$defs/definitions` of `schemas/common.json`).
public struct DefinitionsStatus: Equatable, JSONRepresentable {
    /// What the profile's `definitions` say of their age.
    public enum State: String, Sendable {
        /// Young enough, or nobody minds.
        case current
        /// Old enough for a warning.
        case old
        /// So old that nothing is called clean.
        case tooOld
        /// The engine does not say how old they are.
        case unknown
    }

    /// Their date and revision; nil where the engine does not say.
    public var text: String?
    /// Their age in days; nil where it cannot be told.
    public var ageDays: Int64?
    /// What the profile says of that.
    public var state: State

    /// Puts one together.
    public init(text: String?, ageDays: Int64?, state: State) {
        self.text = text
        self.ageDays = ageDays
        self.state = state
    }

    /// As the schema has it.
    public var json: JSONValue {
        ["text": JSONValue(text), "ageDays": JSONValue(ageDays), "state": .string(state.rawValue)]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "definitions")
        text = try reader.optionalString("text")
        ageDays = try reader.optionalInteger("ageDays")
        state = try reader.word("state")
    }
}
