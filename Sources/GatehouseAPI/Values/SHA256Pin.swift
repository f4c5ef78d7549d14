// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// A SHA-256 to which a certificate or a key is held, as tools print it.
///
/// Taken are `sha256:` or `SHA256:` (`sha256//` as curl writes it), then 64 hexadecimal digits with or without colons
/// (`openssl x509 -fingerprint -sha256`) or base64 with or without its padding (`ssh-keygen -l`, curl).
package struct SHA256Pin: Equatable, Sendable {
    /// The 32 bytes.
    package let bytes: [UInt8]

    /// Reads one of the forms; nil for anything else.
    package init?(_ text: String) {
        guard let digits = Self.body(of: text), let bytes = Self.hexadecimal(digits) ?? Self.base64(digits) else {
            return nil
        }
        self.bytes = bytes
    }

    /// As curl takes it (CURLOPT_PINNEDPUBLICKEY(3)): `sha256//` and base64.
    package var curlForm: String { "sha256//" + Base64.text(bytes) }

    /// As people read it: 64 hexadecimal digits.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func body(of text: String) -> Substring? {
        guard text.utf8.count <= 128 else { return nil }
        for prefix in ["sha256:", "SHA256:", "sha256//"] where text.hasPrefix(prefix) {
            return text.dropFirst(prefix.count)
        }
        return nil
    }

    private static func hexadecimal(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }.compactMap { byte -> UInt8? in
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x61 + 10
            default: nil
            }
        }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        guard digits.count == 64, text.utf8.count == 64 + colons, colons == 0 || colons == 31 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func base64(_ text: Substring) -> [UInt8]? {
        let digits = text.hasSuffix("=") ? text.dropLast() : text
        guard digits.utf8.count == 43 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in digits.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        // 43 digits carry two bits more than 32 bytes; another value of them would be another spelling of the same.
        return bits == 0 ? bytes : nil
    }
}
