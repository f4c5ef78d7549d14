// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension JSONReader {
    /// Reads a string; the position is at its opening quote.
    package mutating func readString() throws(JSONError) -> String {
        guard current == UInt8(ascii: "\""), position < bytes.count else { throw fail() }
        position += 1
        let start = position
        position = bytes.endOfPlainText(from: position)
        guard position < bytes.count else { throw fail() }
        switch bytes[position] {
        case UInt8(ascii: "\""):
            let text = try text(from: start)
            position += 1
            return text
        case UInt8(ascii: "\\"): return try readEscapedString(from: start)
        default: throw fail(.controlCharacter)
        }
    }

    /// The plain text since an offset.
    private func text(from start: Int) throws(JSONError) -> String {
        let slice = UnsafeBufferPointer(rebasing: bytes[start..<position])
        // Nearly all texts are ASCII, which needs no validation.
        if slice.reduce(0, |) < 0x80 { return String(decoding: slice, as: UTF8.self) }
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONError(.invalidUTF8, at: start + Self.validPrefix(of: slice))
        }
        return text
    }

    /// How many bytes stand before the first that is not UTF-8.
    private static func validPrefix(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        do throws(UTF8.ValidationError) {
            return try UTF8Span(validating: bytes.span).count
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    /// Goes on from the first escape of a string that began at `start`.
    ///
    /// It gathers bytes and looks at their encoding once, at the end: a string of nothing but escapes costs a few
    /// instructions each. An escape spells a whole scalar in ASCII, so the source is UTF-8 exactly where the text is.
    private mutating func readEscapedString(from start: Int) throws(JSONError) -> String {
        var result = Array(bytes[start..<position])
        var plain = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                result.append(contentsOf: bytes[plain..<position])
                try checkEncoding(from: start)
                position += 1
                return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                if plain < position { result.append(contentsOf: bytes[plain..<position]) }
                let escape = position
                position += 1
                do throws(JSONError) {
                    try readEscape(into: &result)
                } catch {
                    // The first fault is the one to tell.
                    try checkEncoding(from: start, to: escape)
                    throw error
                }
                plain = position
            case 0..<0x20: throw fail(.controlCharacter)
            default: position += 1
            }
        }
        throw fail()
    }

    private func checkEncoding(from start: Int, to end: Int? = nil) throws(JSONError) {
        let slice = UnsafeBufferPointer(rebasing: bytes[start..<(end ?? position)])
        let valid = Self.validPrefix(of: slice)
        guard valid == slice.count else { throw JSONError(.invalidUTF8, at: start + valid) }
    }

    private mutating func readEscape(into result: inout [UInt8]) throws(JSONError) {
        let letter = current
        guard position < bytes.count else { throw fail() }
        switch letter {
        case UInt8(ascii: "u"):
            result.append(contentsOf: UTF8.encode(try readUnicodeEscape()) ?? UTF8.encodedReplacementCharacter)
            return
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(letter)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        default: throw fail(.invalidEscape)
        }
        position += 1
    }

    private mutating func readUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let first = try readHexadecimal()
        var value = UInt32(first)
        if UTF16.isLeadSurrogate(first) {
            try require(UInt8(ascii: "\\"), afterHalfAt: start)
            position += 1
            try require(UInt8(ascii: "u"), afterHalfAt: start)
            let second = try readHexadecimal()
            guard UTF16.isTrailSurrogate(second) else { throw JSONError(.invalidEscape, at: start) }
            value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw JSONError(.invalidEscape, at: start) }
        return scalar
    }

    /// Half of a surrogate pair is wrong where it began, unless the text ends before the other half.
    private func require(_ byte: UInt8, afterHalfAt start: Int) throws(JSONError) {
        guard current != byte else { return }
        throw position < bytes.count ? JSONError(.invalidEscape, at: start) : fail()
    }

    private mutating func readHexadecimal() throws(JSONError) -> UInt16 {
        position += 1
        var value: UInt16 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch current {
            case let byte where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
            case let byte where byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66: digit = (byte | 0x20) - 0x61 + 10
            default: throw fail(.invalidEscape)
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    /// Reads a number (RFC 8259 section 6).
    package mutating func readNumber() throws(JSONError) -> JSONNumber {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        guard isDigit else { throw start == position ? fail() : fail(.invalidNumber) }
        let leadingZero = current == UInt8(ascii: "0")
        position += 1
        if leadingZero, isDigit { throw fail(.invalidNumber) }
        skipDigits()
        if current == UInt8(ascii: ".") {
            position += 1
            guard isDigit else { throw fail(.invalidNumber) }
            skipDigits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard isDigit else { throw fail(.invalidNumber) }
            skipDigits()
        }
        return JSONNumber(checked: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private var isDigit: Bool { current >= 0x30 && current <= 0x39 }

    private mutating func skipDigits() {
        while isDigit { position += 1 }
    }
}
