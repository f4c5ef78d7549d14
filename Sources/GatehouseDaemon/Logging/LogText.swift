// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Text of somebody else's in a line of the log: it can neither end the line, nor forge a field, nor steer a terminal.
enum LogText {
    /// At most 255 scalars, as a JSON string.
    static func quoted(_ text: String) -> String {
        // Most texts are this plain.
        if text.utf8.count <= 255, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
            return "\"\(text)\""
        }
        let head = String(String.UnicodeScalarView(text.unicodeScalars.prefix(255)))
        return visible(JSONValue.string(head).text)
    }

    /// The text with what is no visible character as its number.
    static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isInvisible) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isInvisible(scalar) {
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Controls, line and paragraph separators, and what turns the direction of the text after it.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
