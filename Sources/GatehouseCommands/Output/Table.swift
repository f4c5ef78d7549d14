// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Rows of text in columns that are as wide as they need to be.
package struct Table {
    private var rows: [[String]]

    /// Starts with a first row.
    package init(_ header: [String]) {
        rows = [header]
    }

    /// Starts without a header.
    package init() {
        rows = []
    }

    /// Adds a row; control characters are made visible.
    package mutating func add(_ row: [String]) {
        rows.append(row.map { VisibleText.of($0) })
    }

    /// The lines, without blanks at their ends.
    package var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, text) in row.enumerated() {
                line += text
                let isLast = row[(column + 1)...].allSatisfy(\.isEmpty)
                if isLast { break }
                line += String(repeating: " ", count: widths[column] - text.count + 2)
            }
            return line
        }
    }
}

extension JSONValue {
    /// The value on one line for people: `open 3, accepted 5`, `-` for null.
    var readable: String {
        switch self {
        case .null: "-"
        case .bool(let value): value ? "yes" : "no"
        case .number(let number): number.text
        case .string(let text): text
        case .array(let elements): elements.map(\.readable).joined(separator: "; ")
        case .object(let object):
            object.members.map { "\($0.name) \($0.value.readable)" }.joined(separator: ", ")
        }
    }
}
