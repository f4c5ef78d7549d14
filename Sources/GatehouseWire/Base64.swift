// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Base64 with the standard alphabet and padding (RFC 4648 section 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The value of each letter; 0xFF for what is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// The text for some bytes.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let rest = bytes.count - start
            let second = rest > 1 ? bytes[start + 1] : 0
            let third = rest > 2 ? bytes[start + 2] : 0
            output.append(alphabet[Int(bytes[start] >> 2)])
            output.append(alphabet[Int((bytes[start] & 3) << 4 | second >> 4)])
            output.append(rest > 1 ? alphabet[Int((second & 15) << 2 | third >> 6)] : UInt8(ascii: "="))
            output.append(rest > 2 ? alphabet[Int(third & 63)] : UInt8(ascii: "="))
        }
        return output
    }

    /// The bytes of a text; nil for any character, length or padding that is not of this form.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { input -> [UInt8]? in
            guard input.count % 4 == 0 else { return nil }
            let padding = input.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
            var output: [UInt8] = []
            output.reserveCapacity(input.count / 4 * 3)
            var bits: UInt32 = 0
            for index in 0..<(input.count - padding) {
                let value = values[Int(input[index])]
                guard value != 0xFF else { return nil }
                bits = bits << 6 | UInt32(value)
                guard index % 4 > 0 else { continue }
                output.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32(index % 4))))
            }
            // The bits that padding cuts off must be 0: otherwise two texts would stand for the same bytes.
            let left: UInt32 = padding == 1 ? 3 : padding == 2 ? 15 : 0
            return bits & left == 0 ? output : nil
        }
    }
}
