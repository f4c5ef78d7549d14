// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A way in which a server may write what it quotes.
enum TextEncoding: CaseIterable {
    /// `%2B` (RFC 3986 section 2.1).
    case percent
    /// The same, with `+` for a space (HTML forms).
    case form
    /// `&amp;`, `&#43;`, `&#x2B;`.
    case entities
    /// `\"`, `\u002B` (RFC 8259 section 7).
    case escapes

    /// A text without its encoding.
    struct Reading {
        fileprivate(set) var bytes: [UInt8] = []
        /// Where each byte stood.
        private var origins: [Int] = []
        private var end = 0

        fileprivate mutating func append(_ bytes: some Sequence<UInt8>, from range: Range<Int>) {
            for byte in bytes {
                self.bytes.append(byte)
                origins.append(range.lowerBound)
            }
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
        let marks = self == .form ? Array("%+".utf8) : [mark]
        guard text.contains(where: marks.contains) else { return nil }
        var reading = Reading()
        var index = 0
        while index < text.count {
            let (bytes, count) = one(text[index...])
            reading.append(bytes, from: index..<(index + count))
            index += count
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

    /// What the first bytes stand for, and how many they are.
    private func one(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (bytes: [UInt8], count: Int) {
        guard let first = text.first else { return ([], 0) }
        if self == .form, first == UInt8(ascii: "+") { return ([0x20], 1) }
        guard first == mark else { return ([first], 1) }
        let rest = text.dropFirst()
        let decoded: (bytes: [UInt8], count: Int)? =
            switch self {
            case .percent, .form: Self.scalar(rest.prefix(2), 16).map { ([UInt8(truncatingIfNeeded: $0.value)], 3) }
            case .entities: Self.entity(rest)
            case .escapes: Self.escape(rest)
            }
        return decoded ?? ([first], 1)
    }

    private static func entity(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (bytes: [UInt8], count: Int)? {
        let name = text.prefix(10).prefix { $0 != UInt8(ascii: ";") }
        guard text.dropFirst(name.count).first == UInt8(ascii: ";") else { return nil }
        let count = name.count + 2
        switch String(decoding: name, as: UTF8.self).lowercased() {
        case "amp": return (Array("&".utf8), count)
        case "lt": return (Array("<".utf8), count)
        case "gt": return (Array(">".utf8), count)
        case "quot": return (Array("\"".utf8), count)
        case "apos": return (Array("'".utf8), count)
        case let number where number.hasPrefix("#x"):
            return scalar(name.dropFirst(2), 16).map { (Array(String(Character($0)).utf8), count) }
        case let number where number.hasPrefix("#"):
            return scalar(name.dropFirst(), 10).map { (Array(String(Character($0)).utf8), count) }
        default: return nil
        }
    }

    private static func escape(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (bytes: [UInt8], count: Int)? {
        guard let first = text.first else { return nil }
        guard first == UInt8(ascii: "u") || first == UInt8(ascii: "x") else { return ([first], 2) }
        let digits = text.dropFirst().prefix(first == UInt8(ascii: "u") ? 4 : 2)
        return scalar(digits, 16).map { (Array(String(Character($0)).utf8), 2 + digits.count) }
    }

    private static func scalar(_ digits: Slice<UnsafeBufferPointer<UInt8>>, _ radix: Int) -> Unicode.Scalar? {
        UInt32(String(decoding: digits, as: UTF8.self), radix: radix).flatMap(Unicode.Scalar.init)
    }

    // MARK: Base64

    /// The runs of a text that are long enough to hold something in base64, of either alphabet (RFC 4648).
    static func base64Runs(in text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start = 0
        for index in 0...text.count where index == text.count || digit(text[index]) == nil {
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
            bits = bits << 6 | UInt32(digit(byte) ?? 0)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
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
