// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// Turns the JSON of a schema into a ``Schema``.
///
/// References are resolved while compiling: `#/$defs/name` in the same file and `file.json#/$defs/name` in another one.
/// One that comes back to itself is refused, so that neither compiling nor checking can recurse without end.
package struct SchemaCompiler {
    private var documents: [String: JSONValue]
    private let load: (String) -> JSONValue?
    private var openReferences: [String] = []
    /// Where in `documents` the schema stands that is being compiled; put into words only for an error, since a
    /// daemon is waited for while it starts.
    private var file = ""
    private var steps: [String] = []

    /// A compiler for schemas that may refer to these files, and to those that `load` reads by their names.
    package init(documents: [String: JSONValue], load: @escaping (String) -> JSONValue? = { _ in nil }) {
        self.documents = documents
        self.load = load
    }

    private mutating func document(_ name: String) -> JSONValue? {
        if let document = documents[name] { return document }
        let document = load(name)
        documents[name] = document
        return document
    }

    /// Compiles the schema that stands at a place of a file.
    ///
    /// `pointer` is for messages: where `value` stands in the file.
    package mutating func compile(_ value: JSONValue, file: String, pointer: String = "") throws(SchemaError) -> Schema
    {
        self.file = file
        steps = pointer.isEmpty ? [] : [String(pointer.dropFirst())]
        return try schema(value)
    }

    private mutating func schema(_ value: JSONValue) throws(SchemaError) -> Schema {
        Schema(parts: try parts(of: value))
    }

    /// The schema that stands at a step from here.
    private mutating func schema(_ value: JSONValue, at step: String) throws(SchemaError) -> Schema {
        steps.append(step)
        defer { steps.removeLast() }
        return try schema(value)
    }

    private func fault(_ code: SchemaError.Code, _ detail: String, at keyword: String? = nil) -> SchemaError {
        let place = steps + (keyword.map { [$0] } ?? [])
        return SchemaError(code, at: file + "#" + place.map { "/" + $0 }.joined(), detail)
    }

    private mutating func parts(of value: JSONValue) throws(SchemaError) -> SchemaParts {
        if let isOpen = value.bool { return SchemaParts(types: isOpen ? .any : []) }
        guard case .object(let object) = value else { throw fault(.invalidKeyword, "no object") }
        if let reference = object["$ref"] { return try resolve(reference, beside: object) }
        var parts = SchemaParts()
        var required: [String] = []
        for (keyword, value) in object.members {
            if keyword == "required" {
                required = try strings(value, keyword)
            } else if try !applyChildren(keyword, value, to: &parts) {
                try apply(keyword, value, to: &parts)
            }
        }
        parts.require(required)
        return parts
    }

    /// Draft-07 ignores what stands beside a `$ref`, so only annotations may.
    private mutating func resolve(
        _ reference: JSONValue,
        beside object: JSONObject
    ) throws(SchemaError) -> SchemaParts {
        for (keyword, _) in object.members where keyword != "$ref" && !Self.annotations.contains(keyword) {
            throw fault(.unsupportedKeyword, "\(keyword) beside $ref")
        }
        guard let text = reference.string else { throw fault(.invalidReference, "no string") }
        let halves = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let prefix = "/$defs/"
        guard halves.count == 2, halves[1].hasPrefix(prefix) else { throw fault(.invalidReference, text) }
        let name = String(halves[1].dropFirst(prefix.count))
        let target = halves[0].isEmpty ? file : String(halves[0])
        guard let schema = document(target)?["$defs"]?[name], !openReferences.contains(target + name) else {
            throw fault(.invalidReference, text)
        }
        let (fileBefore, stepsBefore) = (file, steps)
        (file, steps) = (target, ["$defs", name])
        openReferences.append(target + name)
        var parts = try parts(of: schema)
        openReferences.removeLast()
        (file, steps) = (fileBefore, stepsBefore)
        if let description = object["description"]?.string { parts.summary = Self.summary(of: description) }
        return parts
    }

    /// Keywords that hold schemas; false for any other keyword.
    private mutating func applyChildren(
        _ keyword: String,
        _ value: JSONValue,
        to parts: inout SchemaParts
    ) throws(SchemaError) -> Bool {
        switch keyword {
        case "items": parts.items = try schema(value, at: keyword)
        case "properties":
            guard let object = value.object else { throw fault(.invalidKeyword, "no object", at: keyword) }
            steps.append(keyword)
            defer { steps.removeLast() }
            parts.properties.reserveCapacity(object.members.count)
            for (name, child) in object.members {
                let schema = try schema(child, at: name)
                parts.properties.append(Schema.Property(name: name, schema: schema, isRequired: false))
            }
        case "oneOf":
            guard let schemas = value.array, !schemas.isEmpty else {
                throw fault(.invalidKeyword, "no schemas", at: keyword)
            }
            steps.append(keyword)
            defer { steps.removeLast() }
            for (index, child) in schemas.enumerated() {
                parts.alternatives.append(try schema(child, at: String(index)))
            }
        case "additionalProperties":
            switch value {
            case .bool(let isAllowed): parts.additionalMembers = isAllowed ? .allowed : .refused
            default: parts.additionalMembers = .checked(try schema(value, at: keyword))
            }
        default: return false
        }
        return true
    }

    private func apply(_ keyword: String, _ value: JSONValue, to parts: inout SchemaParts) throws(SchemaError) {
        switch keyword {
        case "description": parts.summary = Self.summary(of: value.string ?? "")
        case "type": parts.types = try types(value, keyword)
        case "enum": parts.allowed = try allowed(value.array ?? [], parts.allowed, keyword)
        case "const":
            parts.allowed = try allowed([value], parts.allowed, keyword)
            parts.isConstant = true
        case "minimum": parts.range.minimum = try bound(value, keyword)
        case "maximum": parts.range.maximum = try bound(value, keyword)
        case "minLength": parts.lengths.minimum = try count(value, keyword)
        case "maxLength": parts.lengths.maximum = try count(value, keyword)
        case "minItems": parts.itemCounts.minimum = try count(value, keyword)
        case "maxItems": parts.itemCounts.maximum = try count(value, keyword)
        case "minProperties": parts.memberCounts.minimum = try count(value, keyword)
        case "maxProperties": parts.memberCounts.maximum = try count(value, keyword)
        case "format":
            guard let format = value.string.flatMap(SchemaFormat.init(rawValue:)) else {
                throw fault(.unsupportedKeyword, value.text, at: keyword)
            }
            parts.format = format
        case _ where Self.annotations.contains(keyword) || keyword == "$defs": break
        default: throw fault(.unsupportedKeyword, keyword)
        }
    }

    private static let annotations: Set<String> = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "contentEncoding",
    ]

    /// The first sentence.
    private static func summary(of description: String) -> String {
        let bytes = description.utf8
        var index = bytes.startIndex
        while let stop = bytes[index...].firstIndex(of: UInt8(ascii: ".")) {
            index = bytes.index(after: stop)
            if index < bytes.endIndex, bytes[index] == UInt8(ascii: " ") { return String(description[..<stop]) }
        }
        return description
    }

    private func types(_ value: JSONValue, _ keyword: String) throws(SchemaError) -> SchemaTypes {
        var types: SchemaTypes = []
        let words: [String]
        if let word = value.string { words = [word] } else { words = try strings(value, keyword) }
        for word in words {
            guard let type = SchemaTypes(word: word) else { throw fault(.invalidKeyword, word, at: keyword) }
            types.formUnion(type)
        }
        guard !types.isEmpty else { throw fault(.invalidKeyword, "no type", at: keyword) }
        return types
    }

    /// `enum` and `const` in one schema would both have to hold: no schema needs that.
    private func allowed(
        _ values: [JSONValue],
        _ before: [JSONValue]?,
        _ keyword: String
    ) throws(SchemaError) -> [JSONValue] {
        guard before == nil else { throw fault(.unsupportedKeyword, "const beside enum", at: keyword) }
        guard !values.isEmpty else { throw fault(.invalidKeyword, "no values", at: keyword) }
        return values
    }

    private func bound(_ value: JSONValue, _ keyword: String) throws(SchemaError) -> NumberRange.Bound {
        guard case .number(let number) = value else { throw fault(.invalidKeyword, "no number", at: keyword) }
        return NumberRange.Bound(number)
    }

    private func count(_ value: JSONValue, _ keyword: String) throws(SchemaError) -> Int64 {
        guard let count = value.integer, count >= 0 else { throw fault(.invalidKeyword, "no count", at: keyword) }
        return count
    }

    private func strings(_ value: JSONValue, _ keyword: String) throws(SchemaError) -> [String] {
        let strings = value.array?.compactMap(\.string) ?? []
        guard let array = value.array, strings.count == array.count else {
            throw fault(.invalidKeyword, "no array of strings", at: keyword)
        }
        return strings
    }
}
