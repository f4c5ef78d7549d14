// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Base64, percent encoding and forms: RFC 4648, RFC 3986 and the URL standard's form encoding.
package enum ByteCoding {
    /// The value of a hexadecimal digit, or nil for any other byte.
    package static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// Base64 of RFC 4648 section 4, with padding.
    package static func base64(_ bytes: some Sequence<UInt8>) -> String {
        let text = encodeBase64(bytes, last: "+/")
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }

    /// Base64 of RFC 4648 section 5 (`-` and `_`), without padding, as JWTs use it.
    package static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        encodeBase64(bytes, last: "-_")
    }

    /// `last` are the two characters in which the alphabets differ.
    private static func encodeBase64(_ bytes: some Sequence<UInt8>, last: String) -> String {
        let alphabet = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        var output: [UInt8] = []
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                output.append(alphabet[Int(group >> bits & 0x3F)])
            }
            group &= 0x3F  // at most five bits are still to be written
        }
        if bits > 0 { output.append(alphabet[Int(group << (6 - bits) & 0x3F)]) }
        return String(decoding: output, as: UTF8.self)
    }

    /// A decimal number of at most fifteen digits and nothing else, so that no arithmetic on it can overflow.
    package static func decimal(_ text: some StringProtocol) -> Int? {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    /// Bytes in lower-case hexadecimal digits.
    package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    }

    /// Sixteen bytes in the groups of a UUID.
    package static func uuid(_ bytes: [UInt8]) -> String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += hexadecimal(CollectionOfOne(byte))
        }
        return text
    }

    /// The bytes of a base64 text (RFC 4648 section 4), or nil where it is malformed.
    package static func decodeBase64(_ text: some StringProtocol) -> [UInt8]? {
        let symbols = Array(text.utf8)
        let padding = symbols.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2, padding == 0 || symbols.count % 4 == 0, (symbols.count - padding) % 4 != 1 else {
            return nil
        }
        var output: [UInt8] = []
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for symbol in symbols.dropLast(padding) {
            guard let value = base64Digit(symbol) else { return nil }
            group = (group << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> bits))
            }
        }
        return output
    }

    private static func base64Digit(_ symbol: UInt8) -> UInt32? {
        switch symbol {
        case 0x41...0x5A: UInt32(symbol) - 0x41
        case 0x61...0x7A: UInt32(symbol) - 0x61 + 26
        case 0x30...0x39: UInt32(symbol) - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// Undoes form encoding (`+` is a space, `%XX` a byte); nil where an escape is cut or the result is not UTF-8.
    package static func decodeForm(_ text: some StringProtocol) -> String? {
        let input = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < input.count {
            switch input[index] {
            case UInt8(ascii: "+"): output.append(0x20)
            case UInt8(ascii: "%"):
                guard input.count - index > 2, let high = hexadecimalDigit(input[index + 1]),
                    let low = hexadecimalDigit(input[index + 2])
                else { return nil }
                output.append(high << 4 | low)
                index += 2
            default: output.append(input[index])
            }
            index += 1
        }
        return String(validating: output, as: UTF8.self)
    }

    /// The pairs of an `application/x-www-form-urlencoded` body or a query, in order; nil where one is malformed.
    package static func formPairs(_ text: some StringProtocol) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for field in text.split(separator: "&") {
            let halves = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decodeForm(halves[0]) else { return nil }
            guard let value = halves.count > 1 ? decodeForm(halves[1]) : "" else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }
}
