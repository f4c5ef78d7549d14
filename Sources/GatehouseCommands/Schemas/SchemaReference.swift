// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// A schema as it stands in a file, and the file that its references start from.
struct SchemaReference {
    let schema: JSONValue
    let file: String

    /// A part of this schema.
    func part(_ schema: JSONValue) -> SchemaReference { SchemaReference(schema: schema, file: file) }

    /// The schema that a `$ref` leads to; what stands beside the reference wins.
    ///
    /// References of the compiled schemas cannot form a circle.
    var resolved: SchemaReference {
        guard let reference = schema["$ref"]?.string else { return self }
        let halves = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let target = halves[0].isEmpty ? file : String(halves[0])
        let name = reference.split(separator: "/").last.map(String.init) ?? ""
        guard let found = SchemaLibrary.documents[target]?["$defs"]?[name] else { return self }
        var result = SchemaReference(schema: found, file: target).resolved
        guard case .object(var merged) = result.schema else { return result }
        for (name, value) in schema.object?.members ?? [] where name != "$ref" { merged[name] = value }
        result = SchemaReference(schema: .object(merged), file: result.file)
        return result
    }
}
