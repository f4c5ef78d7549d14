// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// Which engine gave a verdict (`$defs/engine` of `schemas/common.json`).
public struct EngineReport: Equatable, JSONRepresentable {
    /// The profile through which the file was scanned.
    public var profile: String
    /// The kind of engine: `spe`, `clamd` or `icap`.
    public var kind: String
    /// The date and revision of the virus definitions.
    public var definitions: String?
    /// Whether the file travelled to a remote engine in clear text.
    public var plaintext: Bool

    /// Puts one together.
    public init(
        profile: String,
        kind: String,
        definitions: String? = nil,
        plaintext: Bool
    ) {
        self.profile = profile
        self.kind = kind
        self.definitions = definitions
        self.plaintext = plaintext
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "profile": .string(profile),
            "kind": .string(kind),
            "definitions": JSONValue(definitions),
            "plaintext": .bool(plaintext),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "engine")
        profile = try reader.string("profile")
        kind = try reader.string("kind")
        definitions = try reader.optionalString("definitions")
        plaintext = try reader.bool("plaintext")
    }
}
