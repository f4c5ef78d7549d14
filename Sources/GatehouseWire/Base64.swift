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

    /// The length of the text for that many bytes.
    package static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// The text for some bytes.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let length = encodedCount(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: length) { output, count in
            bytes.withUnsafeBytes { encode($0, into: UnsafeMutableRawBufferPointer(output)) }
            count = length
        }
    }

    /// The same as a string.
    package static func text(_ bytes: [UInt8]) -> String { String(decoding: encode(bytes), as: UTF8.self) }

    /// Writes the text for some bytes to memory that has room for ``encodedCount(_:)`` of them, and nowhere else.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        var target = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let rest = bytes.count - start
            let second = rest > 1 ? bytes[start + 1] : 0
            let third = rest > 2 ? bytes[start + 2] : 0
            output[target] = alphabet[Int(bytes[start] >> 2)]
            output[target + 1] = alphabet[Int((bytes[start] & 3) << 4 | second >> 4)]
            output[target + 2] = rest > 1 ? alphabet[Int((second & 15) << 2 | third >> 6)] : UInt8(ascii: "=")
            output[target + 3] = rest > 2 ? alphabet[Int(third & 63)] : UInt8(ascii: "=")
            target += 4
        }
    }

    /// The bytes of a text; nil for any character, length or padding that is not of this form.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { input -> [UInt8]? in
            guard input.count % 4 == 0 else { return nil }
            let padding = input.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
            let letters = input.count - padding
            let whole = letters / 4 * 4
            var isValid = true
            let output = values.withUnsafeBufferPointer { values in
                [UInt8](unsafeUninitializedCapacity: letters * 3 / 4) { output, count in
                    isValid = decode(input, upTo: whole, by: values, into: output)
                    count = isValid ? whole / 4 * 3 : 0
                }
            }
            guard isValid else { return nil }
            return decodeRest(input[whole..<letters], after: output)
        }
    }

    /// Decodes whole groups of four; false where a letter is none.
    private static func decode(
        _ input: UnsafeBufferPointer<UInt8>,
        upTo end: Int,
        by values: UnsafeBufferPointer<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        var faults: UInt8 = 0
        var target = 0
        for start in stride(from: 0, to: end, by: 4) {
            let first = values[Int(input[start])]
            let second = values[Int(input[start + 1])]
            let third = values[Int(input[start + 2])]
            let fourth = values[Int(input[start + 3])]
            // Values have six bits, so the highest one is set by a letter that is none.
            faults |= first | second | third | fourth
            let bits = UInt32(first) << 18 | UInt32(second) << 12 | UInt32(third) << 6 | UInt32(fourth)
            output[target] = UInt8(truncatingIfNeeded: bits >> 16)
            output[target + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            output[target + 2] = UInt8(truncatingIfNeeded: bits)
            target += 3
        }
        return faults & 0x80 == 0
    }

    /// Appends the bytes of the last, padded group: none, two or three letters.
    private static func decodeRest(
        _ letters: Slice<UnsafeBufferPointer<UInt8>>,
        after output: [UInt8]
    ) -> [UInt8]? {
        var output = output
        var bits: UInt32 = 0
        for (index, letter) in letters.enumerated() {
            let value = values[Int(letter)]
            guard value != 0xFF else { return nil }
            bits = bits << 6 | UInt32(value)
            if index > 0 { output.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32(index)))) }
        }
        // The bits that padding cuts off must be 0: otherwise two texts would stand for the same bytes.
        let left: UInt32 = letters.count == 3 ? 3 : letters.count == 2 ? 15 : 0
        return bits & left == 0 ? output : nil
    }
}
