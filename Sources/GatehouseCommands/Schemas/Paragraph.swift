// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Text in lines that a terminal of 80 columns shows whole.
enum Paragraph {
    private static let width = 79

    /// Breaks a text at its blanks; a word that is longer than a line stays whole.
    static func lines(_ text: String, indent: Int = 0) -> [String] {
        let start = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in VisibleText.of(text).split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(start + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        return line.isEmpty ? lines : lines + [start + line]
    }

    /// What a schema's description says.
    static func lines(_ reference: SchemaReference, indent: Int) -> [String] {
        lines(reference.schema.text(of: "description"), indent: indent)
    }
}
