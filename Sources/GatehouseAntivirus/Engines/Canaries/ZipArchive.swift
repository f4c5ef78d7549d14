// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Writes zip archives of one small file (PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16).
enum ZipArchive {
    /// How the file is kept in it.
    enum Method: Equatable {
        /// As it is.
        case stored
        /// Deflated, every byte with a code of its own.
        case compressed
        /// As it is, under the traditional encryption.
        case encrypted(password: [UInt8])
    }

    /// An archive of up to 2 GiB.
    static func archive(_ content: [UInt8], named name: String, as method: Method) -> [UInt8] {
        let checksum = CRC32.of(content)
        let kept: [UInt8] =
            switch method {
            case .stored: content
            case .compressed: Deflate.literals(content)
            case .encrypted(let password): ZipCipher.encrypt(content, password: password, checksum: checksum)
            }
        // Version 2.0 is needed to extract; bit 0 of the flags says that it is encrypted; 2026-01-01, 00:00.
        let isEncrypted = if case .encrypted = method { true } else { false }
        let common =
            word(20) + word(isEncrypted ? 1 : 0) + word(method == .compressed ? 8 : 0) + word(0) + word(0x5C21)
            + long(checksum) + long(UInt32(kept.count)) + long(UInt32(content.count)) + word(UInt16(name.utf8.count))
            + word(0)
        let local = long(0x0403_4B50) + common + Array(name.utf8) + kept
        let directory = long(0x0201_4B50) + word(20) + common + [UInt8](repeating: 0, count: 14) + Array(name.utf8)
        let end =
            long(0x0605_4B50) + word(0) + word(0) + word(1) + word(1) + long(UInt32(directory.count))
            + long(UInt32(local.count)) + word(0)
        return local + directory + end
    }

    private static func word(_ value: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }

    private static func long(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// The checksum of zip archives (ITU-T V.42).
enum CRC32 {
    /// One byte more.
    static func adding(_ byte: UInt8, to checksum: UInt32) -> UInt32 {
        var value = (checksum ^ UInt32(byte)) & 0xFF
        for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        return value ^ (checksum >> 8)
    }

    /// The checksum of some bytes.
    static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { adding($1, to: $0) }
    }
}

/// The traditional encryption of zip archives (APPNOTE.TXT, section 6.1), which is no secret to anybody.
private struct ZipCipher {
    private var keys: (UInt32, UInt32, UInt32) = (0x1234_5678, 0x2345_6789, 0x3456_7890)

    static func encrypt(_ content: [UInt8], password: [UInt8], checksum: UInt32) -> [UInt8] {
        var cipher = ZipCipher()
        for byte in password { cipher.update(byte) }
        // Twelve bytes go ahead, random where it matters; the last one lets a reader check the password.
        let header = [UInt8](repeating: 0x2A, count: 11) + [UInt8(checksum >> 24)]
        return (header + content).map { cipher.encrypt($0) }
    }

    private mutating func encrypt(_ byte: UInt8) -> UInt8 {
        let word = UInt16(truncatingIfNeeded: keys.2) | 2
        let mask = UInt8(truncatingIfNeeded: (UInt32(word) &* UInt32(word ^ 1)) >> 8)
        update(byte)
        return byte ^ mask
    }

    private mutating func update(_ byte: UInt8) {
        keys.0 = CRC32.adding(byte, to: keys.0)
        keys.1 = (keys.1 &+ (keys.0 & 0xFF)) &* 134_775_813 &+ 1
        keys.2 = CRC32.adding(UInt8(keys.1 >> 24), to: keys.2)
    }
}

/// Deflate's simplest block: literals under the fixed codes (RFC 1951, section 3.2.6).
enum Deflate {
    /// Some bytes below 144 as one block.
    static func literals(_ bytes: [UInt8]) -> [UInt8] {
        var bits: [UInt8] = [1, 1, 0]
        // The code of such a literal has eight bits, the highest first.
        for byte in bytes { bits += (0..<8).map { ((byte &+ 0x30) >> (7 - $0)) & 1 } }
        // The end of the block.
        bits += [UInt8](repeating: 0, count: 7)
        return stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<min(start + 8, bits.count)].enumerated().reduce(0) { $0 | $1.element << UInt8($1.offset) }
        }
    }
}
