// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

extension Schema {
    /// How violations are worded.
    package enum Wording: Sendable {
        /// For programs that send JSON: members, objects, arrays, and the value that is wrong, shortened.
        case json
        /// For people who write YAML: keys, mappings, lists, and never a value, since it may be a secret that stands in
        /// the wrong place.
        case yaml
    }

    /// The most violations that one check reports.
    package static let maximumViolations = 32

    /// Checks a value and reports every violation, up to ``maximumViolations``; none when it is right.
    ///
    /// It takes time in proportion to the value and recurses no deeper than the schema, whose references cannot form a
    /// circle.
    package func violations(of value: JSONValue, wording: Wording = .json) -> [Violation] {
        var validator = SchemaValidator(wording: wording)
        validator.check(value, self)
        return validator.found.map { $0.violation }
    }
}

/// One check of one value.
private struct SchemaValidator {
    /// A violation whose path is still being put together, innermost step first.
    struct Finding {
        var steps: [String]
        let rule: String
        let message: String

        var violation: Violation {
            Violation(path: SchemaText.pointer(steps.reversed()), rule: rule, message: message)
        }
    }

    let wording: Schema.Wording
    var found: [Finding] = []

    var isFull: Bool { found.count >= Schema.maximumViolations }

    mutating func report(_ rule: String, _ message: String, step: String? = nil) {
        guard !isFull else { return }
        found.append(Finding(steps: step.map { [$0] } ?? [], rule: rule, message: message))
    }

    mutating func check(_ value: JSONValue, _ schema: Schema) {
        guard schema.types.contains(SchemaTypes(of: value)) else { return reportWrongValue("type", value, schema) }
        if let allowed = schema.allowed, !allowed.contains(where: { Self.isSame($0, value) }) {
            return reportWrongValue("enum", value, schema)
        }
        switch value {
        case .null, .bool: break
        case .number(let number): check(number, value, schema)
        case .string(let text): check(text, value, schema)
        case .array(let elements): check(elements, schema)
        case .object(let object): check(object, schema)
        }
    }

    private mutating func check(_ number: JSONNumber, _ value: JSONValue, _ schema: Schema) {
        guard schema.range != SchemaRange() else { return }
        let isBelow: Bool
        let isAbove: Bool
        if let integer = number.integer {
            isBelow = integer < schema.range.minimum ?? .min
            isAbove = integer > schema.range.maximum ?? .max
        } else {
            isBelow = number.double < schema.range.minimum.map(Double.init) ?? -.infinity
            isAbove = number.double > schema.range.maximum.map(Double.init) ?? .infinity
        }
        if isBelow || isAbove { reportWrongValue(isBelow ? "minimum" : "maximum", value, schema) }
    }

    private mutating func check(_ text: String, _ value: JSONValue, _ schema: Schema) {
        if schema.lengths != SchemaRange() {
            let length = Int64(text.unicodeScalars.count)
            if !schema.lengths.contains(length) {
                return reportWrongValue(length < schema.lengths.minimum ?? 0 ? "minLength" : "maxLength", value, schema)
            }
        }
        if let format = schema.format, !format.accepts(text) { reportWrongValue("format", value, schema) }
    }

    private mutating func check(_ elements: [JSONValue], _ schema: Schema) {
        let count = Int64(elements.count)
        if !schema.itemCounts.contains(count) {
            let rule = count < schema.itemCounts.minimum ?? 0 ? "minItems" : "maxItems"
            return report(rule, SchemaText.wrongCount(of: schema, count: elements.count, wording))
        }
        guard let items = schema.items else { return }
        for (index, element) in elements.enumerated() {
            let before = found.count
            check(element, items)
            prefix(from: before) { String(index) }
            if isFull { return }
        }
    }

    private mutating func check(_ object: JSONObject, _ schema: Schema) {
        var requiredSeen = 0
        for (name, value) in object.members {
            if let property = schema.properties.first(where: { $0.name.hasSameBytes(as: name) }) {
                if property.isRequired { requiredSeen += 1 }
                checkMember(name, value, property.schema)
            } else {
                switch schema.additionalMembers {
                case .allowed: break
                case .checked(let additional): checkMember(name, value, additional)
                case .refused:
                    report("additionalProperties", SchemaText.unknownMember(name, of: schema, wording), step: name)
                }
            }
            if isFull { return }
        }
        // Names are unique in an object, so counting is enough on the good path.
        if requiredSeen < schema.properties.count(where: \.isRequired) { reportMissing(in: object, schema) }
        if !schema.memberCounts.contains(Int64(object.members.count)) {
            let rule = object.isEmpty ? "minProperties" : "maxProperties"
            report(rule, SchemaText.wrongMemberCount(of: schema, wording))
        }
    }

    private mutating func checkMember(_ name: String, _ value: JSONValue, _ schema: Schema) {
        let before = found.count
        check(value, schema)
        prefix(from: before) { name }
    }

    private mutating func reportMissing(in object: JSONObject, _ schema: Schema) {
        for property in schema.properties where property.isRequired && object[property.name] == nil {
            report("required", SchemaText.missingMember(property, wording), step: property.name)
        }
    }

    private mutating func reportWrongValue(_ rule: String, _ value: JSONValue, _ schema: Schema) {
        report(rule, SchemaText.wrongValue(value, schema, rule: rule, wording))
    }

    private mutating func prefix(from start: Int, _ step: () -> String) {
        guard found.count > start else { return }
        let step = step()
        for index in start..<found.count { found[index].steps.append(step) }
    }

    /// Words compare by bytes, numbers by value.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.number(let left), .number(let right)):
            left == right || (left.integer != nil && left.integer == right.integer)
        case (.bool(let left), .bool(let right)): left == right
        case (.null, .null): true
        default: false
        }
    }
}
