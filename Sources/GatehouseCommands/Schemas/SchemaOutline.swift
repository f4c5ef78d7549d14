// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// A schema as lines for people: each member with its type, whether it must be there, and what it means.
struct SchemaOutline {
    /// Whose view it is.
    enum View {
        /// Who writes the value: told is what must be there.
        case writing
        /// Who reads it: told is what may be missing.
        case reading
    }

    /// How deep members are told; none of the schemas is that deep.
    private static let maximumDepth = 12

    let view: View
    private(set) var lines: [String] = []

    /// The lines of the members of an object, or of the value itself where it is none.
    static func lines(_ reference: SchemaReference, _ view: View) -> [String] {
        var outline = SchemaOutline(view: view)
        let schema = reference.resolved
        outline.addMembers(of: schema, depth: 1)
        if outline.lines.isEmpty {
            let type = SchemaType.text(schema)
            outline.lines = type == "object" ? ["  none"] : ["  \(type)"] + Paragraph.lines(schema, indent: 6)
        }
        return outline.lines
    }

    private mutating func addMembers(of schema: SchemaReference, depth: Int) {
        guard depth <= Self.maximumDepth else { return }
        lines += Paragraph.lines(SchemaForms.text(schema.schema), indent: depth * 2)
        let required = (schema.schema["required"]?.array ?? []).compactMap(\.string)
        // A member that a form forbids is `false` there.
        for (name, value) in schema.schema["properties"]?.object?.members ?? [] where value.object != nil {
            add(name, schema.part(value), isRequired: required.contains(name), depth)
        }
        if let additional = schema.schema["additionalProperties"], additional.object != nil {
            add("(any name)", schema.part(additional), isRequired: false, depth)
        }
        for form in schema.schema["oneOf"]?.array ?? [] { addMembers(of: schema.part(form).resolved, depth: depth) }
        if let items = schema.schema["items"] { addMembers(of: schema.part(items).resolved, depth: depth) }
    }

    private mutating func add(_ name: String, _ reference: SchemaReference, isRequired: Bool, _ depth: Int) {
        let schema = reference.resolved
        var remarks = [SchemaType.text(schema)]
        if view == .writing, isRequired { remarks.append("required") }
        if view == .reading, !isRequired { remarks.append("may be missing") }
        if let value = schema.schema["default"] { remarks.append("default \(value.text)") }
        let indent = depth * 2
        let start = String(repeating: " ", count: indent)
        lines.append("\(start)\(VisibleText.of(name)) (\(remarks.joined(separator: ", ")))")
        lines += Paragraph.lines(schema, indent: indent + 4)
        addMembers(of: schema, depth: depth + 1)
    }
}
