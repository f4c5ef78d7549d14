// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Archives in the ZIP format with files that are not compressed (APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.16).
package enum StoredZip {
    /// An archive with one text file.
    package static func archive(_ files: KeyValuePairs<String, String>) -> [UInt8] {
        archive(files.map { ($0.key, Array($0.value.utf8)) })
    }

    /// An archive with one file.
    package static func archive(_ files: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
        archive(files.map { ($0.key, $0.value) })
    }

    private static func archive(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var output: [UInt8] = []
        var directory: [UInt8] = []
        for file in files {
            let name = Array(file.name.utf8)
            // Version 1.0, no flags, stored, midnight of 1980-01-01.
            let common =
                two(10) + two(0) + two(0) + two(0) + two(0x21) + four(checksum(file.bytes)) + four(file.bytes.count)
                + four(file.bytes.count) + two(name.count) + two(0)
            directory += four(0x0201_4B50) + two(10) + common + two(0) + two(0) + two(0) + four(0)
            directory += four(output.count) + name
            output += four(0x0403_4B50) + common + name + file.bytes
        }
        let start = output.count
        output += directory
        output += four(0x0605_4B50) + two(0) + two(0) + two(files.count) + two(files.count)
        return output + four(directory.count) + four(start) + two(0)
    }

    private static func two(_ number: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
    }

    private static func four(_ number: Int) -> [UInt8] { two(number) + two(number >> 16) }

    /// CRC-32 as ZIP uses it.
    private static func checksum(_ bytes: [UInt8]) -> Int {
        var remainder: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
        }
        return Int(~remainder)
    }
}
