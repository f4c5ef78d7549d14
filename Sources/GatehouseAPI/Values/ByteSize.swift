// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A number of bytes as people write it: `15MiB`, `200 MB`, `4096`.
package struct ByteSize: Equatable, Sendable {
    /// The number of bytes, 0 or more.
    package let bytes: Int64

    private static let units: [(name: String, bytes: Int64)] = [
        ("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000),
        ("GB", 1_000_000_000),
    ]

    /// Reads digits, at most one blank, and a unit; nil for anything else and for what 63 bits do not hold.
    package init?(_ text: String) {
        let digits = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }
        var rest = text.utf8.dropFirst(digits.count)
        if rest.first == 0x20, rest.count > 1 { rest = rest.dropFirst() }
        guard !digits.isEmpty, let number = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
        guard let unit = Self.units.first(where: { $0.name.utf8.elementsEqual(rest) }) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        guard !overflow else { return nil }
        self.bytes = bytes
    }
}
