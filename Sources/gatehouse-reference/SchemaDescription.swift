// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// A member of a value, as people read it.
struct MemberDescription {
    /// Where it is: `file.fd`, `threats[].name`, `profiles.NAME.engine`.
    let path: String
    /// What it may be, in words.
    let type: String
    let isRequired: Bool
    /// Sentences.
    let meaning: String
    /// What holds where it is left out, as JSON; nil where the schema does not say.
    let standard: String?
}

/// Puts schemas into words.
enum SchemaDescription {
    /// Every member that a schema names, from the outside in.
    static func members(of schema: JSONValue, file: String, path: String = "") -> [MemberDescription] {
        let (schema, file) = resolve(schema, file)
        var found: [MemberDescription] = []
        let required = schema["required"]?.array?.compactMap(\.string) ?? []
        for (name, child) in schema["properties"]?.object?.members ?? [] {
            let place = path.isEmpty ? name : "\(path).\(name)"
            found.append(member(child, file, place, isRequired: required.contains(name)))
            found += members(of: child, file: file, path: place)
        }
        if let items = schema["items"] { found += members(of: items, file: file, path: path + "[]") }
        if let child = schema["additionalProperties"], child.object != nil {
            let place = path.isEmpty ? "NAME" : "\(path).NAME"
            found.append(member(child, file, place, isRequired: false))
            found += members(of: child, file: file, path: place)
        }
        return found
    }

    private static func member(_ schema: JSONValue, _ file: String, _ path: String, isRequired: Bool)
        -> MemberDescription
    {
        let (resolved, _) = resolve(schema, file)
        let texts = [schema["description"]?.string ?? resolved["description"]?.string, choice(of: resolved)]
        return MemberDescription(
            path: path,
            type: type(of: schema, file: file),
            isRequired: isRequired,
            meaning: texts.compactMap { $0 }.joined(separator: " "),
            standard: (schema["default"] ?? resolved["default"])?.text
        )
    }

    /// A sentence about members of which there must be exactly one; nil where there is no such rule.
    static func choice(of schema: JSONValue) -> String? {
        let names: [String]
        if schema["minProperties"] == 1, schema["maxProperties"] == 1 {
            names = schema["properties"]?.object?.members.map(\.name) ?? []
        } else {
            names = (schema["oneOf"]?.array ?? []).flatMap { $0["required"]?.array?.compactMap(\.string) ?? [] }
        }
        guard names.count > 1 else { return nil }
        return "Exactly one of \(list(names, "and"))."
    }

    /// What a value may be.
    static func type(of schema: JSONValue, file: String) -> String {
        let (schema, file) = resolve(schema, file)
        if let constant = schema["const"] { return word(constant) }
        if let values = schema["enum"]?.array { return list(values.map(word), "or") }
        guard let type = schema["type"] else { return "any value" }
        let words = type.string.map { [$0] } ?? type.array?.compactMap(\.string) ?? []
        return list(words.map { describe($0, schema, file) }, "or")
    }

    private static func describe(_ word: String, _ schema: JSONValue, _ file: String) -> String {
        switch word {
        case "integer", "number": word + span(schema["minimum"], schema["maximum"], "")
        case "string":
            schema["format"]?.string.map { "string (\($0))" }
                ?? "string" + span(schema["minLength"], schema["maxLength"], " characters")
        case "array":
            "array of \(type(of: schema["items"] ?? [:], file: file))"
                + span(schema["minItems"], schema["maxItems"], " elements")
        default: word
        }
    }

    private static func span(_ minimum: JSONValue?, _ maximum: JSONValue?, _ unit: String) -> String {
        switch (minimum?.text, maximum?.text) {
        case (let minimum?, let maximum?): " (\(minimum) to \(maximum)\(unit))"
        case (let minimum?, nil): " (\(minimum)\(unit) or more)"
        case (nil, let maximum?): " (up to \(maximum)\(unit))"
        case (nil, nil): ""
        }
    }

    /// The schema that a reference leads to, and the file in which it stands.
    static func resolve(_ schema: JSONValue, _ file: String) -> (schema: JSONValue, file: String) {
        guard let parts = schema["$ref"]?.string?.split(separator: "#", omittingEmptySubsequences: false),
            let name = parts.last?.split(separator: "/").last
        else { return (schema, file) }
        let target = parts.first.map { $0.isEmpty ? file : String($0) } ?? file
        return resolve(SchemaLibrary.document(target)["$defs"]?[String(name)] ?? .null, target)
    }

    private static func word(_ value: JSONValue) -> String { value.string ?? value.text }

    static func list(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) " + last
    }
}
