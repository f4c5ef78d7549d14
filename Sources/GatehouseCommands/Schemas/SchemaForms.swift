// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// The forms of an object of which one has to fit, such as `One of: with gateway, without via; with target`.
enum SchemaForms {
    /// The words; empty where there are no forms.
    static func text(_ schema: JSONValue) -> String {
        let forms = (schema["oneOf"]?.array ?? []).map(words).filter { !$0.isEmpty }
        return forms.isEmpty ? "" : "One of: " + forms.joined(separator: "; ")
    }

    private static func words(_ form: JSONValue) -> String {
        let needed = (form["required"]?.array ?? []).compactMap(\.string)
        let members = form["properties"]?.object?.members ?? []
        let forbidden = members.filter { $0.value == false }.map(\.name)
        let parts = [("with", needed), ("without", forbidden)].filter { !$0.1.isEmpty }
        return parts.map { "\($0) \($1.joined(separator: " and "))" }.joined(separator: ", ")
    }
}
