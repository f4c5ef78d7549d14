// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// Something that an engine found (`$defs/threat` of `schemas/common.json`).
public struct Threat: Equatable, JSONRepresentable {
    /// The engine's name for it.
    public var name: String?
    /// The engine's number or identifier for it.
    public var id: String?
    /// The engine's class for it, for example a virus or a policy violation.
    public var category: String?
    /// The file in which it was found: the scanned one, or one inside an archive.
    public var file: String?
    /// What the engine did with its own copy.
    public var disposition: String?

    /// Puts one together.
    public init(
        name: String? = nil,
        id: String? = nil,
        category: String? = nil,
        file: String? = nil,
        disposition: String? = nil
    ) {
        self.name = name
        self.id = id
        self.category = category
        self.file = file
        self.disposition = disposition
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "name": JSONValue(name),
            "id": JSONValue(id),
            "category": JSONValue(category),
            "file": JSONValue(file),
            "disposition": JSONValue(disposition),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "threat")
        name = try reader.optionalString("name")
        id = try reader.optionalString("id")
        category = try reader.optionalString("category")
        file = try reader.optionalString("file")
        disposition = try reader.optionalString("disposition")
    }
}
