// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

extension SchemaValidator {
    /// Checks `oneOf`: exactly one of the schemas must hold.
    mutating func checkAlternatives(_ value: JSONValue, _ schema: Schema) {
        let holding = schema.alternatives.count { $0.accepts(value) }
        guard holding != 1 else { return }
        guard question == .all else { return report("oneOf") { _ in "" } }
        if let object = value.object, schema.alternatives.allSatisfy({ !$0.demands.isEmpty }) {
            reportChoice(object, value, schema)
        } else if holding > 1 {
            report("oneOf") { _ in "must have only one of its \(schema.alternatives.count) forms" }
        } else {
            reportNearest(value, schema)
        }
    }

    /// Which alternative is meant, the members that it demands say.
    private mutating func reportChoice(_ object: JSONObject, _ value: JSONValue, _ schema: Schema) {
        let meant = schema.alternatives.filter { $0.demands.allSatisfy { name in object[name] != nil } }
        if meant.count == 1 {
            let before = found.count
            check(value, meant[0])
            // What the alternative forbids, it forbids beside the members that choose it.
            for index in before..<found.count where found[index].rule == SchemaText.falseSchema {
                found[index].rule = "oneOf"
                found[index].message = SchemaText.excludedMember(by: meant[0])
            }
            return
        }
        report("oneOf") { _ in SchemaText.wrongChoice(of: schema) }
    }

    /// The alternative with the fewest violations is probably the one that was meant.
    private mutating func reportNearest(_ value: JSONValue, _ schema: Schema) {
        let attempts = schema.alternatives.map { alternative in
            var validator = SchemaValidator(.all, wording)
            validator.check(value, alternative)
            return validator
        }
        guard let nearest = attempts.min(by: { $0.found.count < $1.found.count }) else { return }
        for finding in nearest.found where found.count < Schema.maximumViolations { found.append(finding) }
        report("oneOf") { _ in "must have one of its \(schema.alternatives.count) forms" }
    }
}

extension Schema {
    /// The members that it requires.
    var demands: [String] { properties.filter(\.isRequired).map(\.name) + requiredBesides }
}
