// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What `Content-Range` says of a reply: which part of the whole it is (RFC 9110 section 14.4).
package struct ContentRange: Equatable, Sendable {
    /// The first and the last byte's place; nil where there is no such part (`bytes */9`).
    package let part: ClosedRange<Int64>?
    /// How many bytes the whole has; nil where the server does not say it (`bytes 0-4/*`).
    package let total: Int64?

    /// Reads a field's value; nil for anything but a range of bytes that stands within its whole.
    package init?(_ text: String) {
        guard text.hasPrefix("bytes ") else { return nil }
        let halves = text.utf8.dropFirst(6).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        if halves[1].elementsEqual("*".utf8) {
            total = nil
        } else {
            guard let number = Self.number(halves[1]) else { return nil }
            total = number
        }
        guard !halves[0].elementsEqual("*".utf8) else {
            part = nil
            return
        }
        let ends = halves[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last,
            total.map({ last < $0 }) ?? true
        else { return nil }
        part = first...last
    }

    /// How many bytes the part has; nil where there is none, and for the one that 64 bits cannot count.
    package var length: Int64? {
        guard let part else { return nil }
        let (length, isTooLarge) = (part.upperBound - part.lowerBound).addingReportingOverflow(1)
        return isTooLarge ? nil : length
    }

    /// Digits and nothing else.
    static func number(_ text: Substring.UTF8View) -> Int64? {
        text.allSatisfy { (0x30...0x39).contains($0) } ? Int64(Substring(text)) : nil
    }
}
