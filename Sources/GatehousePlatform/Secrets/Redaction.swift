// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Takes secrets out of a peer's text: servers quote what they did not accept.
///
/// A secret is found as it is, percent-encoded (RFC 3986, HTML forms), as an entity of HTML or with the escapes of JSON,
/// within base64 (the header of HTTP's Basic authentication), and where it begins at the end of a text that was cut.
package struct Redaction: Sendable {
    /// Takes out nothing.
    package static let none = Redaction([])

    /// What stands in the place of a secret.
    private static let replacement = "<removed>"
    /// A shorter secret would stand in any text: it is looked for as a word of its own.
    private static let shortest = 6

    private let secrets: [Secret]

    /// Takes out these.
    package init(_ secrets: [Secret]) {
        self.secrets = secrets.filter { $0.count > 0 }
    }

    /// The text with `<removed>` wherever one of the secrets stood.
    package func text(_ text: String) -> String {
        guard !secrets.isEmpty, !text.isEmpty else { return text }
        var text = text
        return text.withUTF8 { bytes -> String? in
            let found = ranges(in: bytes).sorted { $0.lowerBound < $1.lowerBound }
            guard !found.isEmpty else { return nil }
            var result: [UInt8] = []
            var end = 0
            for range in found where range.upperBound > end {
                if range.lowerBound >= end {
                    result += bytes[end..<range.lowerBound]
                    result += Self.replacement.utf8
                }
                end = range.upperBound
            }
            result += bytes[end...]
            return String(decoding: result, as: UTF8.self)
        } ?? text
    }

    // MARK: Where they stand

    private func ranges(in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var found = matches(in: UnsafeRawBufferPointer(bytes))
        for encoding in TextEncoding.allCases {
            guard let reading = encoding.reading(of: bytes) else { continue }
            found += reading.bytes.withUnsafeBytes(matches).map { reading.origin(of: $0) }
        }
        for run in TextEncoding.base64Runs(in: bytes) {
            // What stands before it may be of digits, too: it may begin anywhere.
            let holds = (0..<4).contains { start in
                let digits = UnsafeBufferPointer(rebasing: bytes[run].dropFirst(start))
                return !TextEncoding.decodeBase64(digits).withUnsafeBytes(matches).isEmpty
            }
            if holds { found.append(run) }
        }
        return found
    }

    private func matches(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        secrets.flatMap { secret in
            secret.withBytes { whole -> [Range<Int>] in
                let pattern = Self.withoutBlankEnds(whole)
                guard !pattern.isEmpty else { return [] }
                let all = Self.places(of: pattern, in: bytes)
                if pattern.count < Self.shortest { return all.filter { Self.isWord($0, in: bytes) } }
                return all + Self.begun(pattern, atTheEndOf: bytes)
            }
        }
    }

    /// Servers cut blanks and line ends off what they read.
    private static func withoutBlankEnds(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 })
        else {
            return UnsafeRawBufferPointer(rebasing: bytes[0..<0])
        }
        return UnsafeRawBufferPointer(rebasing: bytes[first...last])
    }

    private static func places(of pattern: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard let base = bytes.baseAddress, let needle = pattern.baseAddress else { return [] }
        var found: [Range<Int>] = []
        var start = 0
        while bytes.count - start >= pattern.count,
            let place = memchr(base + start, Int32(pattern[0]), bytes.count - start)
        {
            let lower = UnsafeRawPointer(place) - base
            guard bytes.count - lower >= pattern.count else { break }
            if memcmp(place, needle, pattern.count) == 0 { found.append(lower..<(lower + pattern.count)) }
            start = lower + 1
        }
        return found
    }

    /// The first bytes of a secret whose rest was cut off.
    private static func begun(
        _ pattern: UnsafeRawBufferPointer,
        atTheEndOf bytes: UnsafeRawBufferPointer
    ) -> [Range<Int>] {
        for length in stride(from: min(pattern.count - 1, bytes.count), through: shortest, by: -1) {
            let lower = bytes.count - length
            guard bytes[lower] == pattern[0] else { continue }
            if bytes[lower...].elementsEqual(pattern.prefix(length)) { return [lower..<bytes.count] }
        }
        return []
    }

    private static func isWord(_ range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Bool {
        func isPart(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
            default: false
            }
        }
        let isBegun = range.lowerBound > 0 && isPart(bytes[range.lowerBound - 1])
        let goesOn = range.upperBound < bytes.count && isPart(bytes[range.upperBound])
        return !isBegun && !goesOn
    }
}
