// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseAPI
import GatehouseWire

/// The check of params against the schemas of this program, before or instead of sending them.
struct ParameterCheck {
    /// What is wrong; empty where nothing is.
    let violations: [Violation]

    /// Checks the params of a method or of a notification; nil where nothing has that name.
    init?(of name: String, _ params: JSONValue) {
        let schemas: [SchemaReference]
        if let method = SchemaCatalog.method(name) {
            schemas = [SchemaReference(schema: method.document["params"] ?? .null, file: method.file)]
        } else {
            schemas = SchemaCatalog.notifications.filter { $0.name == name }.map {
                SchemaReference(schema: $0.document["params"] ?? .null, file: $0.method.file)
            }
        }
        guard !schemas.isEmpty else { return nil }
        // A notification of several methods is right where it is right for one of them.
        let findings = schemas.map { Self.violations(of: params, $0) }
        violations = findings.min { $0.count < $1.count } ?? []
    }

    private static func violations(of params: JSONValue, _ reference: SchemaReference) -> [Violation] {
        var compiler = SchemaCompiler(documents: SchemaLibrary.documents)
        do throws(SchemaError) {
            return try compiler.compile(reference.schema, file: reference.file).violations(of: params)
        } catch {
            // A test has compiled every schema of this program; the daemon checks again anyway.
            return []
        }
    }

    /// Whether a method takes a deadline; one that is not known does.
    static func takesDeadline(_ method: String) -> Bool {
        SchemaCatalog.method(method) == nil || takes("deadlineMs", method)
    }

    /// Whether a method is known to take a member.
    static func takes(_ member: String, _ method: String) -> Bool {
        SchemaCatalog.method(method)?.document["params"]?["properties"]?[member] != nil
    }

    /// The violations, one a line, on standard error: place, sentence and rule.
    func report(_ name: String) {
        for violation in violations { Diagnostics.write(Self.line(violation)) }
        Diagnostics.write("hint: see \"gatehouse describe \(name)\"")
    }

    static func line(_ violation: Violation) -> String {
        let place = violation.path.isEmpty ? "params" : VisibleText.of(violation.path)
        return "\(place): \(VisibleText.of(violation.message)) (\(violation.rule))"
    }

    /// The outcome for programs.
    var json: JSONValue { ["valid": .bool(violations.isEmpty), "violations": .array(violations.map(\.json))] }
}
