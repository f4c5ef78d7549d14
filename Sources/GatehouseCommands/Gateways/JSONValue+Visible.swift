// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

extension JSONValue {
    /// The value as JSON on one line that cannot command a terminal.
    package var visibleText: String { Self.visible(text) }

    /// The same with two blanks a level and one member a line.
    package var visiblePrettyText: String { Self.visible(prettyText) }

    /// Writes characters as `\u009b` that JSON may hold and that a terminal obeys, or that turn the direction of text.
    ///
    /// Beyond the syntax of JSON they stand in strings alone, where the escape means the same.
    private static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isEscaped) else { return text }
        var visible = ""
        for scalar in text.unicodeScalars {
            if isEscaped(scalar) {
                let digits = String(scalar.value, radix: 16)
                visible += "\\u" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
            } else {
                visible.unicodeScalars.append(scalar)
            }
        }
        return visible
    }

    private static func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x7F && (scalar.isControl || scalar.isInvisible)
    }
}
