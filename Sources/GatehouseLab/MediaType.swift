// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A header value of the form `word; name=value; name="quoted value"` (RFC 9110 section 5.6.6, RFC 2045 section 5.1).
package struct MediaType: Equatable, Sendable {
    /// What stands before the first semicolon, in lower case.
    package let essence: String
    /// Names, in lower case, and values of the parameters, in order.
    package let parameters: [HeaderField]

    /// Reads a header value; whatever follows a malformed parameter is left out.
    package init(_ text: String) {
        let bytes = Array(text.utf8)
        var position = 0
        essence = Self.word(bytes, &position, until: [UInt8(ascii: ";")]).lowercased()
        var parameters: [HeaderField] = []
        while position < bytes.count {
            position += 1  // the semicolon
            let name = Self.word(bytes, &position, until: [UInt8(ascii: "="), UInt8(ascii: ";")]).lowercased()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { continue }
            position += 1
            parameters.append(HeaderField(name, Self.value(bytes, &position)))
        }
        self.parameters = parameters
    }

    /// The first parameter with this name, which is given in lower case.
    package subscript(parameter: String) -> String? {
        parameters.first { $0.name == parameter }?.value
    }

    private static func word(_ bytes: [UInt8], _ position: inout Int, until ends: [UInt8]) -> String {
        let start = position
        while position < bytes.count, !ends.contains(bytes[position]) { position += 1 }
        return trimmed(bytes[start..<position])
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let head = bytes.drop(while: isSpace)
        let tail = head.reversed().drop(while: isSpace).reversed()
        return String(decoding: tail, as: UTF8.self)
    }

    private static func value(_ bytes: [UInt8], _ position: inout Int) -> String {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            return word(bytes, &position, until: [UInt8(ascii: ";")])
        }
        position += 1
        let text = quoted(bytes, &position)
        while position < bytes.count, bytes[position] != UInt8(ascii: ";") { position += 1 }
        return text
    }

    /// A backslash escapes only a quotation mark or itself, since browsers once sent whole Windows paths unescaped.
    private static func quoted(_ bytes: [UInt8], _ position: inout Int) -> String {
        var output: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\"), position < bytes.count,
                bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "\\")
            {
                output.append(bytes[position])
                position += 1
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
