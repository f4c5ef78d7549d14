// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// The sentences of violations.
enum SchemaText {
    /// Words a violation, for example `must be an integer from 1 to 3600000, not "abc"`.
    static func wrongValue(_ value: JSONValue, _ schema: Schema, rule: String, _ wording: Schema.Wording) -> String {
        if schema.types.isEmpty { return "must be left out" }
        let wrong: String
        switch wording {
        case .json: wrong = ", not " + describe(value)
        case .yaml: wrong = rule == "type" ? ", not " + kind(of: value, wording) : ""
        }
        let guess =
            schema.isConstant
            ? nil : EditDistance.nearest(to: value.string, among: schema.allowed?.compactMap(\.string) ?? [])
        let suggestion = guess.map { "; did you mean '\($0)'?" } ?? ""
        return "must be \(expectation(of: schema, wording))\(wrong)\(suggestion)"
    }

    /// Words a violation, for example `unknown member 'filee'; did you mean 'file'?`.
    static func unknownMember(_ name: String, of schema: Schema, _ wording: Schema.Wording) -> String {
        let subject = wording == .json ? "unknown member '\(JSONPointer.printable(name))'" : "unknown key"
        let names = schema.properties.map(\.name)
        if let guess = EditDistance.nearest(to: name, among: names) { return "\(subject); did you mean '\(guess)'?" }
        if names.isEmpty { return "\(subject); there are none here" }
        return names.count > 12 ? subject : "\(subject); known are \(list(names.map { "'\($0)'" }, "and"))"
    }

    /// Words a violation, for example `member 'file' is missing; must be an object`.
    static func missingMember(_ property: Schema.Property, _ wording: Schema.Wording) -> String {
        let subject = wording == .json ? "member '\(property.name)' is missing" : "missing, but required"
        return "\(subject); must be \(expectation(of: property.schema, wording))"
    }

    /// Words a violation, for example `member 'file' is missing`.
    static func missingMember(_ name: String, _ wording: Schema.Wording) -> String {
        wording == .json ? "member '\(name)' is missing" : "missing, but required"
    }

    /// The rule that the schema `false` breaks, which has no keyword.
    static let falseSchema = "false schema"

    /// Words a violation, for example `must be left out beside 'gateway'`.
    static func excludedMember(by alternative: Schema) -> String {
        "must be left out beside \(list(alternative.demands.map { "'\($0)'" }, "and"))"
    }

    /// Words a violation, for example `must have exactly one of 'gateway' and 'target'`.
    static func wrongChoice(of schema: Schema) -> String {
        let choices = schema.alternatives.map { list($0.demands.map { "'\($0)'" }, "with") }
        return "must have exactly one of \(list(choices, "and"))"
    }

    /// Words a violation, for example `must have exactly one of 'fd' and 'content'`.
    static func wrongMemberCount(of schema: Schema, _ wording: Schema.Wording) -> String {
        let noun = wording == .json ? "members" : "keys"
        let counts = schema.memberCounts
        let amount = counts.minimum == 1 && counts.maximum == 1 ? "exactly one" : span(counts)
        guard !schema.properties.isEmpty else { return "must have \(amount) \(noun)" }
        return "must have \(amount) of \(list(schema.properties.map { "'\($0.name)'" }, "and"))"
    }

    /// Words a violation, for example `must have at most 16 elements, not 17`.
    static func wrongCount(of schema: Schema, count: Int, _ wording: Schema.Wording) -> String {
        "must have \(span(schema.itemCounts)) \(wording == .json ? "elements" : "entries"), not \(count)"
    }

    private static func expectation(of schema: Schema, _ wording: Schema.Wording) -> String {
        if let allowed = schema.allowed {
            let words = allowed.map { $0.string.map { "'\($0)'" } ?? $0.text }
            return words.count == 1 ? words[0] : "one of \(list(words, "or"))"
        }
        var parts: [String] = []
        let types = schema.types
        if types == .any { return "a value" }
        if types.contains(.integer) {
            let noun = types.contains(.fraction) ? "a number" : "an integer"
            parts.append(noun + range(schema.range))
        }
        if types.contains(.string) { parts.append(string(schema)) }
        if types.contains(.boolean) { parts.append("true or false") }
        if types.contains(.array) { parts.append(wording == .json ? "an array" : "a list") }
        if types.contains(.object) { parts.append(wording == .json ? "an object" : "a mapping") }
        if types.contains(.null) { parts.append("null") }
        // The format of a size speaks of the number too.
        if schema.format == .byteSize, types == [.integer, .string] { return SchemaFormat.byteSize.expectation }
        return list(parts, "or")
    }

    private static func string(_ schema: Schema) -> String {
        if let format = schema.format { return format.expectation }
        switch (schema.lengths.minimum, schema.lengths.maximum) {
        case (nil, nil), (1, nil): return "a string"
        case (let minimum, let maximum?): return "a string of \(minimum ?? 0) to \(maximum) characters"
        case (let minimum?, nil): return "a string of at least \(minimum) characters"
        }
    }

    private static func range(_ range: NumberRange) -> String {
        switch (range.minimum?.text, range.maximum?.text) {
        case (let minimum?, let maximum?): " from \(minimum) to \(maximum)"
        case (let minimum?, nil): " of at least \(minimum)"
        case (nil, let maximum?): " of at most \(maximum)"
        case (nil, nil): ""
        }
    }

    private static func span(_ range: SchemaRange) -> String {
        switch (range.minimum, range.maximum) {
        case (let minimum?, let maximum?): minimum == maximum ? "exactly \(minimum)" : "\(minimum) to \(maximum)"
        case (let minimum?, nil): "at least \(minimum)"
        case (nil, let maximum?): "at most \(maximum)"
        case (nil, nil): "any number of"
        }
    }

    private static func describe(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): "\"\(JSONPointer.printable(text))\""
        case .number(let number): JSONPointer.printable(number.text)
        case .bool, .null: value.text
        case .array: "an array"
        case .object: "an object"
        }
    }

    private static func kind(of value: JSONValue, _ wording: Schema.Wording) -> String {
        switch value {
        case .string: "a string"
        case .number(let number): number.integer == nil ? "a number" : "an integer"
        case .bool: "true or false"
        case .null: "nothing"
        case .array: wording == .json ? "an array" : "a list"
        case .object: wording == .json ? "an object" : "a mapping"
        }
    }

    private static func list(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) " + last
    }
}
