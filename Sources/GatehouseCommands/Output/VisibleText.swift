// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Names of files and threats as one line that cannot command a terminal.
///
/// Control characters, bytes that are not UTF-8 and characters that turn the direction of text become `\x1b` and the
/// like, one for each byte; a backslash becomes `\\`. So every name has exactly one visible form, and every form one name.
package enum VisibleText {
    /// A part of a name: a character, or a byte that belongs to none.
    enum Piece: Equatable {
        case character(Unicode.Scalar)
        case invalid(UInt8)
    }

    /// The visible form of any bytes.
    package static func of(_ bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        if isPlain(bytes), !bytes.contains(UInt8(ascii: "\\")) { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        for piece in pieces(of: bytes) {
            switch piece {
            case .character("\\"): text += "\\\\"
            case .character(let scalar) where scalar.isControl || scalar.isInvisible:
                for byte in String(scalar).utf8 { text += escape(byte) }
            case .character(let scalar): text.unicodeScalars.append(scalar)
            case .invalid(let byte): text += escape(byte)
            }
        }
        return text
    }

    /// The visible form of a text.
    package static func of(_ text: String) -> String { of(text.utf8) }

    /// Whether there is nothing but printable characters of ASCII, as in most names.
    static func isPlain(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Cuts bytes into characters and bytes that belong to none.
    static func pieces(of bytes: [UInt8]) -> [Piece] {
        var pieces: [Piece] = []
        var position = 0
        while position < bytes.count {
            let length = characterLength(bytes[position])
            let end = min(position + length, bytes.count)
            if let text = String(validating: bytes[position..<end], as: UTF8.self),
                let scalar = text.unicodeScalars.first
            {
                pieces.append(.character(scalar))
                position = end
            } else {
                pieces.append(.invalid(bytes[position]))
                position += 1
            }
        }
        return pieces
    }

    /// How many bytes a character takes that begins with this one (RFC 3629 section 3).
    private static func characterLength(_ first: UInt8) -> Int {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    private static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.utf8.count < 2 ? "\\x0" + digits : "\\x" + digits
    }
}

extension Unicode.Scalar {
    /// Whether it is a control character: C0, DEL or C1.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

    /// Whether it ends a line or turns the direction of what follows (Unicode TR 36 section 2.5).
    var isInvisible: Bool {
        switch value {
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
