// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A way in which a server may write what it quotes.
enum TextEncoding: CaseIterable {
    /// `%2B` (RFC 3986 section 2.1).
    case percent
    /// The same, with `+` for a space (HTML forms).
    case form
    /// `&amp;`, `&#43;`, `&#x2B;`.
    case entities
    /// `\"`, `\u002B`, `\uD83D\uDE00` (RFC 8259 section 7).
    case escapes

    /// A text without its encoding.
    struct Reading {
        fileprivate(set) var bytes: [UInt8] = []
        /// Where each byte stood.
        private var origins: [Int] = []
        private var end = 0

        fileprivate init(capacity: Int) {
            bytes.reserveCapacity(capacity)
            origins.reserveCapacity(capacity)
        }

        fileprivate mutating func append(_ byte: UInt8, at index: Int) {
            bytes.append(byte)
            origins.append(index)
            end = index + 1
        }

        fileprivate mutating func append(_ bytes: [UInt8], from range: Range<Int>) {
            for byte in bytes { append(byte, at: range.lowerBound) }
            end = range.upperBound
        }

        /// Where these bytes stood in the text as it was.
        func origin(of range: Range<Int>) -> Range<Int> {
            let upper = range.upperBound < origins.count ? origins[range.upperBound] : end
            return origins[range.lowerBound]..<max(upper, origins[range.lowerBound] + 1)
        }
    }

    /// The text as it reads in this encoding; nil where that changes nothing.
    func reading(of text: UnsafeBufferPointer<UInt8>) -> Reading? {
        let mark = mark
        // Only forms have a second one.
        let other = self == .form ? UInt8(ascii: "+") : mark
        guard text.contains(where: { $0 == mark || $0 == other }) else { return nil }
        var reading = Reading(capacity: text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == mark, let (bytes, count) = decoded(text[(index + 1)...]) {
                reading.append(bytes, from: index..<(index + 1 + count))
                index += 1 + count
            } else {
                reading.append(byte == other && byte != mark ? 0x20 : byte, at: index)
                index += 1
            }
        }
        return reading
    }

    private var mark: UInt8 {
        switch self {
        case .percent, .form: UInt8(ascii: "%")
        case .entities: UInt8(ascii: "&")
        case .escapes: UInt8(ascii: "\\")
        }
    }

    /// What a mark and the bytes behind it stand for, and how many of those; nil where they stand for themselves.
    private func decoded(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (bytes: [UInt8], count: Int)? {
        switch self {
        case .percent, .form: Self.number(text.prefix(2), 16, digits: 2).map { ([UInt8(truncatingIfNeeded: $0)], 2) }
        case .entities: Self.entity(text)
        case .escapes: Self.escape(text)
        }
    }

    private static func entity(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (bytes: [UInt8], count: Int)? {
        let name = text.prefix(10).prefix { $0 != UInt8(ascii: ";") }
        guard text.dropFirst(name.count).first == UInt8(ascii: ";") else { return nil }
        let count = name.count + 1
        switch String(decoding: name, as: UTF8.self).lowercased() {
        case "amp": return (Array("&".utf8), count)
        case "lt": return (Array("<".utf8), count)
        case "gt": return (Array(">".utf8), count)
        case "quot": return (Array("\"".utf8), count)
        case "apos": return (Array("'".utf8), count)
        case let word where word.hasPrefix("#x"):
            return scalar(number(name.dropFirst(2), 16)).map { ($0, count) }
        case let word where word.hasPrefix("#"):
            return scalar(number(name.dropFirst(), 10)).map { ($0, count) }
        default: return nil
        }
    }

    private static func escape(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (bytes: [UInt8], count: Int)? {
        guard let first = text.first else { return nil }
        guard first == UInt8(ascii: "u") || first == UInt8(ascii: "x") else { return ([first], 1) }
        let digits = first == UInt8(ascii: "u") ? 4 : 2
        let unit = number(text.dropFirst().prefix(digits), 16, digits: digits)
        if let unit, (0xD800...0xDBFF).contains(unit) { return surrogates(unit, text.dropFirst(5)).map { ($0, 11) } }
        return scalar(unit).map { ($0, 1 + digits) }
    }

    /// The character whose first half is `high`, where the other half follows in an escape of its own.
    private static func surrogates(_ high: UInt32, _ rest: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        guard rest.starts(with: "\\u".utf8), let low = number(rest.dropFirst(2).prefix(4), 16, digits: 4),
            (0xDC00...0xDFFF).contains(low)
        else { return nil }
        return scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    /// The number that these digits are; nil where they are none, or not as many as wanted.
    private static func number(
        _ text: Slice<UnsafeBufferPointer<UInt8>>,
        _ radix: UInt32,
        digits: Int? = nil
    ) -> UInt32? {
        guard (1...8).contains(text.count), text.count == digits ?? text.count else { return nil }
        var number: UInt32 = 0
        for byte in text {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46 where radix == 16: digit = byte - 0x41 + 10
            case 0x61...0x66 where radix == 16: digit = byte - 0x61 + 10
            default: return nil
            }
            number = number &* radix &+ UInt32(digit)
        }
        return number
    }

    /// The UTF-8 of a character.
    private static func scalar(_ number: UInt32?) -> [UInt8]? {
        number.flatMap(Unicode.Scalar.init).map { Array(String(Character($0)).utf8) }
    }

    // MARK: Base64

    /// The runs of a text that are long enough to hold something in base64, of either alphabet (RFC 4648), over
    /// line ends too.
    static func base64Runs(in text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start = 0
        for index in 0...text.count where index == text.count || !isBase64(text[index]) {
            if index - start >= 8 { runs.append(start..<index) }
            start = index + 1
        }
        return runs
    }

    /// The bytes of a run; what is left over at its end is passed over.
    static func decodeBase64(_ run: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for byte in run {
            guard let digit = digit(byte) else { continue }
            bits = bits << 6 | UInt32(digit)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        byte == 0x0A || byte == 0x0D || digit(byte) != nil
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
