// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Finds where a JSON object or array ends in a stream of bytes, and where it can no longer become one.
///
/// A pushdown automaton over single bytes: it sees a misplaced character as soon as that arrives, so that half a
/// message that can never be completed is not waited for. It does not check UTF-8, numbers or duplicate names; whoever
/// reads the complete value does.
package struct JSONBoundary {
    /// What one more byte means.
    package enum Step: Equatable {
        /// The value goes on.
        case incomplete
        /// The value ends with this byte.
        case complete
        /// This byte cannot stand here.
        case misplaced
        /// This byte opens one level more than allowed.
        case tooDeep
    }

    private enum State {
        case value, valueOrEnd, name, nameOrEnd, colon, commaOrEnd
        case string, escape, hexadecimal(Int)
        case number
        case word(StaticString, Int)
    }

    private let maximumDepth: Int
    /// One entry a level; true where the level is an object.
    private var levels: [Bool] = []
    private var state = State.value
    /// Whether the string that is being read is a member's name.
    private var isName = false

    /// Starts before a value in which at most `depth` arrays and objects stand inside each other.
    package init(depth: Int) {
        maximumDepth = depth
        levels.reserveCapacity(8)
    }

    /// Takes bytes from `start` on until the value is complete, impossible or wants more.
    ///
    /// Returns what the last byte that was looked at meant, and the offset after it.
    package mutating func advance(
        over bytes: UnsafeBufferPointer<UInt8>,
        from start: Int
    ) -> (step: Step, end: Int) {
        var index = start
        while index < bytes.count {
            // What changes nothing is passed over: a string's ordinary characters, and the blanks between tokens.
            if case .string = state {
                index = bytes.endOfPlainText(from: index)
                guard index < bytes.count else { break }
            } else if bytes[index] == 0x20, isBetweenTokens {
                index = bytes.endOfSpaces(from: index)
                continue
            }
            let step = take(bytes[index])
            index += 1
            guard step == .incomplete else { return (step, index) }
        }
        return (.incomplete, index)
    }

    private var isBetweenTokens: Bool {
        switch state {
        case .value, .valueOrEnd, .name, .nameOrEnd, .colon, .commaOrEnd: true
        case .string, .escape, .hexadecimal, .number, .word: false
        }
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Step {
        switch state {
        case .string: return takeInString(byte)
        case .escape: return takeEscape(byte)
        case .hexadecimal(let left):
            guard byte.isHexadecimalDigit else { return .misplaced }
            state = left == 1 ? .string : .hexadecimal(left - 1)
            return .incomplete
        case .word(let word, let index):
            guard byte == word.utf8Start[index] else { return .misplaced }
            state = index + 1 == word.utf8CodeUnitCount ? .commaOrEnd : .word(word, index + 1)
            return .incomplete
        case .number:
            if byte.isNumberPart { return .incomplete }
            state = .commaOrEnd
            return takeStructure(byte)
        default: return takeStructure(byte)
        }
    }

    private mutating func takeInString(_ byte: UInt8) -> Step {
        switch byte {
        case UInt8(ascii: "\""): state = isName ? .colon : .commaOrEnd
        case UInt8(ascii: "\\"): state = .escape
        case 0..<0x20: return .misplaced
        default: break
        }
        return .incomplete
    }

    private mutating func takeEscape(_ byte: UInt8) -> Step {
        switch byte {
        case UInt8(ascii: "u"): state = .hexadecimal(4)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            state = .string
        default: return .misplaced
        }
        return .incomplete
    }

    @inline(__always)
    private mutating func takeStructure(_ byte: UInt8) -> Step {
        switch (byte, state) {
        case (0x20, _), (0x0A, _), (0x0D, _), (0x09, _):
            return .incomplete
        case (UInt8(ascii: ":"), .colon):
            state = .value
        case (UInt8(ascii: ","), .commaOrEnd):
            state = levels.last == true ? .name : .value
        case (UInt8(ascii: "}"), .nameOrEnd), (UInt8(ascii: "]"), .valueOrEnd):
            return close()
        case (UInt8(ascii: "}"), .commaOrEnd) where levels.last == true,
            (UInt8(ascii: "]"), .commaOrEnd) where levels.last == false:
            return close()
        case (UInt8(ascii: "\""), .name), (UInt8(ascii: "\""), .nameOrEnd):
            isName = true
            state = .string
        case (_, .value), (_, .valueOrEnd):
            return beginValue(byte)
        default:
            return .misplaced
        }
        return .incomplete
    }

    private mutating func beginValue(_ byte: UInt8) -> Step {
        switch byte {
        case UInt8(ascii: "{"): return open(isObject: true)
        case UInt8(ascii: "["): return open(isObject: false)
        case _ where levels.isEmpty: return .misplaced
        case UInt8(ascii: "\""):
            isName = false
            state = .string
        case UInt8(ascii: "t"): state = .word("true", 1)
        case UInt8(ascii: "f"): state = .word("false", 1)
        case UInt8(ascii: "n"): state = .word("null", 1)
        case UInt8(ascii: "-"), 0x30...0x39: state = .number
        default: return .misplaced
        }
        return .incomplete
    }

    private mutating func open(isObject: Bool) -> Step {
        guard levels.count < maximumDepth else { return .tooDeep }
        levels.append(isObject)
        state = isObject ? .nameOrEnd : .valueOrEnd
        return .incomplete
    }

    private mutating func close() -> Step {
        levels.removeLast()
        guard levels.isEmpty else {
            state = .commaOrEnd
            return .incomplete
        }
        state = .value
        return .complete
    }
}

extension UInt8 {
    fileprivate var isHexadecimalDigit: Bool {
        (self >= 0x30 && self <= 0x39) || (self | 0x20 >= 0x61 && self | 0x20 <= 0x66)
    }

    /// Any character that a number may have after its first one.
    fileprivate var isNumberPart: Bool {
        (self >= 0x30 && self <= 0x39) || self == 0x2B || self == 0x2D || self == 0x2E || self | 0x20 == 0x65
    }
}
