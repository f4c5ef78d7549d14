// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// The type of a schema in a few words, such as `integer from 0 to 252`.
enum SchemaType {
    /// The words.
    static func text(_ reference: SchemaReference) -> String {
        let schema = reference.schema
        if let constant = schema["const"] { return "always \(word(constant))" }
        if let words = schema["enum"]?.array { return list(words.map(word), "or") }
        let types = schema["type"]?.array?.compactMap(\.string) ?? schema["type"]?.string.map { [$0] } ?? []
        let names = types.map { name(of: $0, reference) }
        return names.isEmpty ? "any value" : list(names, "or")
    }

    private static func name(of type: String, _ reference: SchemaReference) -> String {
        let schema = reference.schema
        switch type {
        case "integer", "number": return type + span(schema, "minimum", "maximum", from: " from ", unit: "")
        case "string":
            let format = schema["format"]?.string ?? schema["contentEncoding"]?.string
            if let format { return "string, \(format)" }
            return type + span(schema, "minLength", "maxLength", from: " of ", unit: " characters")
        case "array":
            let count = span(schema, "minItems", "maxItems", from: ", ", unit: " elements")
            guard let items = schema["items"] else { return type + count }
            return "array of \(text(reference.part(items).resolved))\(count)"
        case "object": return type + memberCount(schema)
        default: return type
        }
    }

    private static func memberCount(_ schema: JSONValue) -> String {
        switch (schema["minProperties"]?.integer, schema["maxProperties"]?.integer) {
        case (1, 1): schema["properties"] == nil ? " with one member" : " with exactly one of these members"
        default: span(schema, "minProperties", "maxProperties", from: " with ", unit: " members")
        }
    }

    private static func span(
        _ schema: JSONValue,
        _ minimum: String,
        _ maximum: String,
        from: String,
        unit: String
    ) -> String {
        switch (schema[minimum]?.integer, schema[maximum]?.integer) {
        case (let least?, let most?): least == most ? "\(from)\(least)\(unit)" : "\(from)\(least) to \(most)\(unit)"
        case (let least?, nil): " of at least \(least)\(unit)"
        case (nil, let most?): " of at most \(most)\(unit)"
        case (nil, nil): ""
        }
    }

    private static func word(_ value: JSONValue) -> String { value.string.map { "'\($0)'" } ?? value.text }

    private static func list(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) " + last
    }
}
