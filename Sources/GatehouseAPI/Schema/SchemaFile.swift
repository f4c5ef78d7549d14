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
    package static let all: [SchemaFile] = (0..<gatehouse_schema_count()).map(SchemaFile.init(at:))

    /// The file of that name, if there is one.
    static func named(_ name: String) -> SchemaFile? {
        (0..<gatehouse_schema_count())
            .first { String(cString: gatehouse_schema_at($0).name) == name }
            .map(SchemaFile.init(at:))
    }

    private init(at index: Int) {
        let entry = gatehouse_schema_at(index)
        name = String(cString: entry.name)
        bytes = Array(UnsafeBufferPointer(start: entry.bytes, count: entry.length))
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
