// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// The schemas that are compiled into this program, read when they are asked for.
package enum SchemaLibrary {
    /// All files by name.
    package static let documents = Dictionary(
        uniqueKeysWithValues: SchemaFile.all.map { ($0.name, read($0)) }
    )

    /// What nearly every other file refers to.
    private static let common = SchemaFile.named("common.json").map(read) ?? .null

    /// A file that is no JSON stops the program: it is a part of it, and a test reads every one.
    private static func read(_ file: SchemaFile) -> JSONValue {
        do {
            return try file.document()
        } catch {
            preconditionFailure("a schema of this program is broken: \(error)")
        }
    }

    /// The schema of the configuration file.
    package static let configuration = compiled("config.json") { file, compiler throws(SchemaError) in
        try compiler.compile(file, file: "config.json")
    }

    /// A definition of `common.json`, for tests and harnesses that check single values.
    package static func definition(_ name: String) throws(SchemaError) -> Schema {
        var compiler = SchemaCompiler(documents: documents)
        return try compiler.compile(["$ref": .string("common.json#/$defs/\(name)")], file: "common.json")
    }

    /// A file's text as JSON, read anew but for the common one; null for one that is not there.
    package static func document(_ name: String) -> JSONValue {
        name == "common.json" ? common : SchemaFile.named(name).map(read) ?? .null
    }

    /// Runs the compiler over a file of this program, which a test has compiled before.
    static func compiled<Result>(
        _ name: String,
        _ body: (JSONValue, inout SchemaCompiler) throws(SchemaError) -> Result
    ) -> Result {
        let file = document(name)
        var compiler = SchemaCompiler(documents: [name: file], load: document)
        do {
            return try body(file, &compiler)
        } catch {
            preconditionFailure("a schema of this program is broken: \(error)")
        }
    }
}
