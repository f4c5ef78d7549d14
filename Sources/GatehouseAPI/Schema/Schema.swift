// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// A JSON Schema in the common subset of draft-07 and draft 2020-12, compiled so that checking a value that is right
/// allocates nothing and compares no text but member names and enumerated words.
///
/// Keywords: `type`, `enum`, `const`, `minimum`, `maximum`, `minLength`, `maxLength`, `format` (see ``SchemaFormat``),
/// `items` (one schema for all), `minItems`, `maxItems`, `properties`, `required`, `additionalProperties`,
/// `minProperties`, `maxProperties`, `oneOf`, `$ref` to a definition, `true` and `false` as schemas, and annotations.
/// Any other keyword fails to compile, so that no rule is ever dropped. What is left out is left out on purpose:
/// `pattern` needs an engine whose time is bounded, and `allOf`, `anyOf` and `not` say nothing that a caller could be
/// told in a sentence.
///
/// A whole number counts as an integer where 64 bits hold it.
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
    /// None for the schema `false`, which takes no value.
    let types: SchemaTypes
    let allowed: [JSONValue]?
    /// Whether ``allowed`` is a `const`.
    let isConstant: Bool
    let range: NumberRange
    let lengths: SchemaRange
    let format: SchemaFormat?
    let items: Schema?
    let itemCounts: SchemaRange
    let properties: [Property]
    /// Members that are required and have no schema of their own here.
    let requiredBesides: [String]
    let additionalMembers: AdditionalMembers
    let memberCounts: SchemaRange
    /// Exactly one of these must hold as well; there is no such rule where it is empty.
    let alternatives: [Schema]

    init(parts: SchemaParts) {
        summary = parts.summary
        types = parts.types
        allowed = parts.allowed
        isConstant = parts.isConstant
        range = parts.range
        lengths = parts.lengths
        format = parts.format
        items = parts.items
        itemCounts = parts.itemCounts
        properties = parts.properties
        requiredBesides = parts.requiredBesides
        additionalMembers = parts.additionalMembers
        memberCounts = parts.memberCounts
        alternatives = parts.alternatives
    }
}

/// What a schema is put together from while it is compiled.
struct SchemaParts {
    var summary = ""
    var types = SchemaTypes.any
    var allowed: [JSONValue]?
    var isConstant = false
    var range = NumberRange()
    var lengths = SchemaRange()
    var format: SchemaFormat?
    var items: Schema?
    var itemCounts = SchemaRange()
    var properties: [Schema.Property] = []
    var requiredBesides: [String] = []
    var additionalMembers = Schema.AdditionalMembers.allowed
    var memberCounts = SchemaRange()
    var alternatives: [Schema] = []

    mutating func require(_ names: [String]) {
        guard !names.isEmpty else { return }
        properties = properties.map {
            Schema.Property(name: $0.name, schema: $0.schema, isRequired: names.contains($0.name))
        }
        requiredBesides = names.filter { name in !properties.contains { $0.name.hasSameBytes(as: name) } }
    }
}
