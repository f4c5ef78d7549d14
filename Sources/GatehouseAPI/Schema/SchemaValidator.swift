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
        var validator = SchemaValidator(.all, wording)
        validator.check(value, self)
        return validator.found.map { $0.violation }
    }

    /// Whether a value is right, without a word about what is wrong.
    package func accepts(_ value: JSONValue) -> Bool {
        var validator = SchemaValidator(.whether, .json)
        validator.check(value, self)
        return !validator.isBroken
    }
}

/// One check of one value.
struct SchemaValidator {
    /// What is asked for.
    enum Question {
        /// Every violation.
        case all
        /// Only whether there is one: no sentence is made.
        case whether
    }

    /// A violation whose path is still being put together, innermost step first.
    struct Finding {
        var steps: [String]
        var rule: String
        var message: String

        var violation: Violation {
            Violation(path: JSONPointer.text(of: steps.reversed()), rule: rule, message: message)
        }
    }

    let question: Question
    let wording: Schema.Wording
    var found: [Finding] = []
    private(set) var isBroken = false

    init(_ question: Question, _ wording: Schema.Wording) {
        self.question = question
        self.wording = wording
    }

    /// Whether nothing more can be added to the answer.
    private var isDone: Bool {
        switch question {
        case .all: found.count >= Schema.maximumViolations
        case .whether: isBroken
        }
    }

    mutating func report(_ rule: String, step: String? = nil, _ message: (Schema.Wording) -> String) {
        isBroken = true
        guard question == .all, !isDone else { return }
        found.append(Finding(steps: step.map { [$0] } ?? [], rule: rule, message: message(wording)))
    }

    mutating func check(_ value: JSONValue, _ schema: Schema) {
        guard schema.types.contains(SchemaTypes(of: value)) else {
            return reportWrongValue(schema.types.isEmpty ? SchemaText.falseSchema : "type", value, schema)
        }
        if let allowed = schema.allowed, !allowed.contains(where: { Self.isSame($0, value) }) {
            return reportWrongValue(schema.isConstant ? "const" : "enum", value, schema)
        }
        switch value {
        case .null, .bool: break
        case .number(let number):
            if let rule = schema.range.isEmpty ? nil : schema.range.brokenRule(by: number) {
                reportWrongValue(rule, value, schema)
            }
        case .string(let text): check(text, value, schema)
        case .array(let elements): check(elements, schema)
        case .object(let object): check(object, schema)
        }
        if !schema.alternatives.isEmpty, !isDone { checkAlternatives(value, schema) }
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
            report(rule) { SchemaText.wrongCount(of: schema, count: elements.count, $0) }
        }
        guard let items = schema.items else { return }
        for (index, element) in elements.enumerated() {
            if isDone { return }
            let before = found.count
            check(element, items)
            prefix(from: before) { String(index) }
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
                    report("additionalProperties", step: name) { SchemaText.unknownMember(name, of: schema, $0) }
                }
            }
            if isDone { return }
        }
        // Names are unique in an object, so counting is enough on the good path.
        if requiredSeen < schema.properties.count(where: \.isRequired) { reportMissing(in: object, schema) }
        for name in schema.requiredBesides where object[name] == nil {
            report("required", step: name) { SchemaText.missingMember(name, $0) }
        }
        let count = Int64(object.members.count)
        if !schema.memberCounts.contains(count) {
            let rule = count < schema.memberCounts.minimum ?? 0 ? "minProperties" : "maxProperties"
            report(rule) { SchemaText.wrongMemberCount(of: schema, $0) }
        }
    }

    private mutating func checkMember(_ name: String, _ value: JSONValue, _ schema: Schema) {
        let before = found.count
        check(value, schema)
        prefix(from: before) { name }
    }

    private mutating func reportMissing(in object: JSONObject, _ schema: Schema) {
        for property in schema.properties where property.isRequired && object[property.name] == nil {
            report("required", step: property.name) { SchemaText.missingMember(property, $0) }
        }
    }

    private mutating func reportWrongValue(_ rule: String, _ value: JSONValue, _ schema: Schema) {
        report(rule) { SchemaText.wrongValue(value, schema, rule: rule, $0) }
    }

    private mutating func prefix(from start: Int, _ step: () -> String) {
        guard found.count > start else { return }
        let step = step()
        for index in start..<found.count { found[index].steps.append(step) }
    }

    /// Words compare by bytes, numbers by value, objects whatever the order of their members.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.number(let left), .number(let right)):
            left == right || (left.integer == nil ? left.double == right.double : left.integer == right.integer)
        case (.bool(let left), .bool(let right)): left == right
        case (.null, .null): true
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
        case (.object(let left), .object(let right)):
            left.members.count == right.members.count
                && left.members.allSatisfy { name, value in right[name].map { isSame(value, $0) } ?? false }
        default: false
        }
    }
}
