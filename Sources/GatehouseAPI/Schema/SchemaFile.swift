// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CSchemas
package import GatehouseWire

/// A file of `schemas/`, as it was when the program was compiled.
package struct SchemaFile: Sendable {
    /// Its name in that folder, for example `scanFile.json`.
    package let name: String
    /// Its text.
    package let bytes: [UInt8]

    /// Every file that is compiled in, in the order of their names.
    package static let all: [SchemaFile] = (0..<gatehouse_schema_count()).map { index in
        let entry = gatehouse_schema_at(index)
        let bytes = UnsafeBufferPointer(start: entry.bytes, count: entry.length)
        return SchemaFile(name: String(cString: entry.name), bytes: Array(bytes))
    }

    /// The text read as JSON.
    package func document() throws(SchemaError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw SchemaError(.notJSON, at: name, error.description)
        }
    }
}
