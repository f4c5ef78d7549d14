// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// The schemas that are compiled into this program, read once each.
package enum SchemaLibrary {
    /// The files by name.
    ///
    /// A file that is no JSON stops the program: it is a part of it, and a test reads every one.
    package static let documents: [String: JSONValue] = {
        var documents: [String: JSONValue] = [:]
        for file in SchemaFile.all {
            do {
                documents[file.name] = try file.document()
            } catch {
                preconditionFailure("a schema of this program is broken: \(error)")
            }
        }
        return documents
    }()

    /// The schema of the configuration file.
    package static let configuration = compiled { compiler throws(SchemaError) in
        try compiler.compile(document("config.json"), file: "config.json")
    }

    /// A definition of `common.json`, for tests and harnesses that check single values.
    package static func definition(_ name: String) throws(SchemaError) -> Schema {
        var compiler = SchemaCompiler(documents: documents)
        return try compiler.compile(["$ref": .string("common.json#/$defs/\(name)")], file: "common.json")
    }

    /// A file's text as JSON; null for one that is not there.
    package static func document(_ name: String) -> JSONValue { documents[name] ?? .null }

    /// Runs the compiler over a schema of this program, which a test has compiled before.
    static func compiled<Result>(_ body: (inout SchemaCompiler) throws(SchemaError) -> Result) -> Result {
        var compiler = SchemaCompiler(documents: documents)
        do {
            return try body(&compiler)
        } catch {
            preconditionFailure("a schema of this program is broken: \(error)")
        }
    }
}
