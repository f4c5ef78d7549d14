// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// Turns the JSON of a schema into a ``Schema``.
///
/// References are resolved while compiling: `#/$defs/name` in the same file and `file.json#/$defs/name` in another one.
/// One that comes back to itself is refused, so that neither compiling nor checking can recurse without end.
package struct SchemaCompiler {
    private let documents: [String: JSONValue]
    private var openReferences: [String] = []

    /// A compiler for schemas that may refer to these files.
    package init(documents: [String: JSONValue]) {
        self.documents = documents
    }

    /// Compiles the schema that stands at a place of a file.
    ///
    /// `pointer` is for messages: where `value` stands in the file.
    package mutating func compile(_ value: JSONValue, file: String, pointer: String = "") throws(SchemaError) -> Schema
    {
        Schema(parts: try parts(of: value, SchemaPlace(file: file, pointer: pointer)))
    }

    private mutating func parts(of value: JSONValue, _ place: SchemaPlace) throws(SchemaError) -> SchemaParts {
        if let isOpen = value.bool { return SchemaParts(types: isOpen ? .any : []) }
        guard case .object(let object) = value else { throw SchemaError(.invalidKeyword, at: place.text, "no object") }
        if let reference = object["$ref"] { return try resolve(reference, beside: object, place) }
        var parts = SchemaParts()
        var required: [String] = []
        for (keyword, value) in object.members {
            if keyword == "required" {
                required = try strings(value, place.at(keyword))
            } else if try !applyChildren(keyword, value, to: &parts, place) {
                try apply(keyword, value, to: &parts, place.at(keyword))
            }
        }
        parts.require(required)
        return parts
    }

    /// Draft-07 ignores what stands beside a `$ref`, so only annotations may.
    private mutating func resolve(
        _ reference: JSONValue,
        beside object: JSONObject,
        _ place: SchemaPlace
    ) throws(SchemaError) -> SchemaParts {
        for (keyword, _) in object.members where keyword != "$ref" && !Self.annotations.contains(keyword) {
            throw SchemaError(.unsupportedKeyword, at: place.text, "\(keyword) beside $ref")
        }
        guard let text = reference.string else { throw SchemaError(.invalidReference, at: place.text, "no string") }
        let halves = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let prefix = "/$defs/"
        guard halves.count == 2, halves[1].hasPrefix(prefix) else {
            throw SchemaError(.invalidReference, at: place.text, text)
        }
        let target = SchemaPlace(file: halves[0].isEmpty ? place.file : String(halves[0]), pointer: String(halves[1]))
        let name = String(halves[1].dropFirst(prefix.count))
        guard let schema = documents[target.file]?["$defs"]?[name], !openReferences.contains(target.text) else {
            throw SchemaError(.invalidReference, at: place.text, text)
        }
        openReferences.append(target.text)
        defer { openReferences.removeLast() }
        var parts = try parts(of: schema, target)
        if let description = object["description"]?.string { parts.summary = Self.summary(of: description) }
        return parts
    }

    /// Keywords that hold schemas; false for any other keyword.
    private mutating func applyChildren(
        _ keyword: String,
        _ value: JSONValue,
        to parts: inout SchemaParts,
        _ place: SchemaPlace
    ) throws(SchemaError) -> Bool {
        let place = place.at(keyword)
        switch keyword {
        case "items":
            parts.items = try compile(value, file: place.file, pointer: place.pointer)
        case "properties":
            guard let object = value.object else { throw SchemaError(.invalidKeyword, at: place.text, "no object") }
            for (name, child) in object.members {
                let schema = try compile(child, file: place.file, pointer: place.at(name).pointer)
                parts.properties.append(Schema.Property(name: name, schema: schema, isRequired: false))
            }
        case "oneOf":
            guard let schemas = value.array, !schemas.isEmpty else {
                throw SchemaError(.invalidKeyword, at: place.text, "no schemas")
            }
            for (index, schema) in schemas.enumerated() {
                let pointer = place.at(String(index)).pointer
                parts.alternatives.append(try compile(schema, file: place.file, pointer: pointer))
            }
        case "additionalProperties":
            switch value {
            case .bool(let isAllowed): parts.additionalMembers = isAllowed ? .allowed : .refused
            default: parts.additionalMembers = .checked(try compile(value, file: place.file, pointer: place.pointer))
            }
        default: return false
        }
        return true
    }

    private func apply(
        _ keyword: String,
        _ value: JSONValue,
        to parts: inout SchemaParts,
        _ place: SchemaPlace
    ) throws(SchemaError) {
        switch keyword {
        case "type": parts.types = try types(value, place)
        case "enum": parts.allowed = try allowed(value.array ?? [], parts.allowed, place)
        case "const":
            parts.allowed = try allowed([value], parts.allowed, place)
            parts.isConstant = true
        case "minimum": parts.range.minimum = try bound(value, place)
        case "maximum": parts.range.maximum = try bound(value, place)
        case "minLength": parts.lengths.minimum = try count(value, place)
        case "maxLength": parts.lengths.maximum = try count(value, place)
        case "minItems": parts.itemCounts.minimum = try count(value, place)
        case "maxItems": parts.itemCounts.maximum = try count(value, place)
        case "minProperties": parts.memberCounts.minimum = try count(value, place)
        case "maxProperties": parts.memberCounts.maximum = try count(value, place)
        case "format":
            guard let format = value.string.flatMap(SchemaFormat.init(rawValue:)) else {
                throw SchemaError(.unsupportedKeyword, at: place.text, value.text)
            }
            parts.format = format
        case "description": parts.summary = Self.summary(of: value.string ?? "")
        case _ where Self.annotations.contains(keyword) || keyword == "$defs": break
        default: throw SchemaError(.unsupportedKeyword, at: place.text, keyword)
        }
    }

    private static let annotations: Set<String> = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "contentEncoding",
    ]

    private static func summary(of description: String) -> String {
        description.split(separator: ". ", maxSplits: 1).first.map(String.init) ?? ""
    }

    private func types(_ value: JSONValue, _ place: SchemaPlace) throws(SchemaError) -> SchemaTypes {
        var types: SchemaTypes = []
        let words: [String]
        if let word = value.string { words = [word] } else { words = try strings(value, place) }
        for word in words {
            guard let type = SchemaTypes(word: word) else { throw SchemaError(.invalidKeyword, at: place.text, word) }
            types.formUnion(type)
        }
        guard !types.isEmpty else { throw SchemaError(.invalidKeyword, at: place.text, "no type") }
        return types
    }

    /// `enum` and `const` in one schema would both have to hold: no schema needs that.
    private func allowed(
        _ values: [JSONValue],
        _ before: [JSONValue]?,
        _ place: SchemaPlace
    ) throws(SchemaError) -> [JSONValue] {
        guard before == nil else { throw SchemaError(.unsupportedKeyword, at: place.text, "const beside enum") }
        guard !values.isEmpty else { throw SchemaError(.invalidKeyword, at: place.text, "no values") }
        return values
    }

    private func bound(_ value: JSONValue, _ place: SchemaPlace) throws(SchemaError) -> NumberRange.Bound {
        guard case .number(let number) = value else { throw SchemaError(.invalidKeyword, at: place.text, "no number") }
        return NumberRange.Bound(number)
    }

    private func count(_ value: JSONValue, _ place: SchemaPlace) throws(SchemaError) -> Int64 {
        guard let count = value.integer, count >= 0 else {
            throw SchemaError(.invalidKeyword, at: place.text, "no count")
        }
        return count
    }

    private func strings(_ value: JSONValue, _ place: SchemaPlace) throws(SchemaError) -> [String] {
        let strings = value.array?.compactMap(\.string) ?? []
        guard let array = value.array, strings.count == array.count else {
            throw SchemaError(.invalidKeyword, at: place.text, "no array of strings")
        }
        return strings
    }
}

/// A place in a file of `schemas/`, for messages.
private struct SchemaPlace {
    let file: String
    let pointer: String

    var text: String { "\(file)#\(pointer)" }

    func at(_ step: String) -> SchemaPlace {
        SchemaPlace(file: file, pointer: pointer + "/" + step)
    }
}
