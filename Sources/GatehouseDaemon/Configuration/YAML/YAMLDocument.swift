// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// A YAML file as a JSON value that remembers where each part was written.
package struct YAMLDocument: Sendable {
    /// A place in the file.
    package struct Mark: Equatable, Sendable {
        /// The line, from 1.
        package let line: Int
        /// The column, from 1.
        package let column: Int
    }

    /// Why the file cannot be read, and where.
    package struct Fault: Error, Equatable, Sendable {
        /// Where, if that is known.
        package let mark: Mark?
        /// The JSON Pointer of the part that is wrong; empty for the file as a whole.
        package let path: String
        /// What is wrong; it holds nothing of the file.
        package let message: String
    }

    /// The value.
    package let value: JSONValue
    /// Where the key or the list entry stands, by JSON Pointer.
    package let marks: [String: Mark]

    /// The place of a part, or of the nearest part around it that has one.
    package func mark(at pointer: String) -> Mark? {
        var pointer = pointer[...]
        while !pointer.isEmpty {
            if let mark = marks[String(pointer)] { return mark }
            pointer = pointer.prefix(upTo: pointer.lastIndex(of: "/") ?? pointer.startIndex)
        }
        return marks[""]
    }
}
