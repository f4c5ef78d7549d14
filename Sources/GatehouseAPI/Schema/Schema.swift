// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// A JSON Schema in the common subset of draft-07 and draft 2020-12, compiled so that checking a value that is right
/// allocates nothing and compares no text but member names and enumerated words.
///
/// Keywords: `type`, `enum`, `const`, `minimum`, `maximum`, `minLength`, `maxLength`, `format` (see ``SchemaFormat``),
/// `items`, `minItems`, `maxItems`, `properties`, `required`, `additionalProperties`, `minProperties`,
/// `maxProperties`, `$ref`, and annotations. Any other keyword fails to compile, so that no rule is ever dropped.
package final class Schema: Sendable {
    /// What may stand for members that ``properties`` does not name.
    enum AdditionalMembers: Sendable {
        case allowed
        case refused
        case checked(Schema)
    }

    /// A member that has a name of its own.
    struct Property: Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool
    }

    /// The first sentence of its description, for people.
    package let summary: String
    let types: SchemaTypes
    let allowed: [JSONValue]?
    let range: SchemaRange
    let lengths: SchemaRange
    let format: SchemaFormat?
    let items: Schema?
    let itemCounts: SchemaRange
    let properties: [Property]
    let additionalMembers: AdditionalMembers
    let memberCounts: SchemaRange

    init(parts: SchemaParts) {
        summary = parts.summary
        types = parts.types
        allowed = parts.allowed
        range = parts.range
        lengths = parts.lengths
        format = parts.format
        items = parts.items
        itemCounts = parts.itemCounts
        properties = parts.properties
        additionalMembers = parts.additionalMembers
        memberCounts = parts.memberCounts
    }
}

/// What a schema is put together from while it is compiled.
struct SchemaParts {
    var summary = ""
    var types = SchemaTypes.any
    var allowed: [JSONValue]?
    var range = SchemaRange()
    var lengths = SchemaRange()
    var format: SchemaFormat?
    var items: Schema?
    var itemCounts = SchemaRange()
    var properties: [Schema.Property] = []
    var additionalMembers = Schema.AdditionalMembers.allowed
    var memberCounts = SchemaRange()
}

/// A lower and an upper bound, either of which may be missing; both count as inside.
struct SchemaRange: Sendable, Equatable {
    var minimum: Int64?
    var maximum: Int64?

    func contains(_ value: Int64) -> Bool {
        value >= minimum ?? .min && value <= maximum ?? .max
    }
}

/// The types that a schema takes.
struct SchemaTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let integer = SchemaTypes(rawValue: 4)
    /// A number with a fraction; `number` in a schema means this and ``integer``.
    static let fraction = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)
    static let any = SchemaTypes(rawValue: 127)

    /// The type of a schema's word.
    init?(word: String) {
        switch word {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = [.integer, .fraction]
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The type of a value.
    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .number(let number): self = number.integer == nil ? .fraction : .integer
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }
}
