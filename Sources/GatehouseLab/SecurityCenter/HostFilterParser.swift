// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Reads a search filter.
///
/// A quotation mark ends a text whatever stands before it: no way to put one inside is known.
struct HostFilterParser {
    private let characters: [Character]
    private var position = 0
    private var depth = 0

    private init(_ text: String) {
        characters = Array(text)
    }

    /// The filter that a text holds; an empty one accepts everything; nil where the text is malformed.
    static func parse(_ text: String) -> HostFilter? {
        var parser = HostFilterParser(text)
        parser.skipSpace()
        guard parser.current != nil else { return .all([]) }
        let filter = parser.current == "(" ? parser.expression() : parser.comparison()
        parser.skipSpace()
        return parser.position == parser.characters.count ? filter : nil
    }

    private var current: Character? { position < characters.count ? characters[position] : nil }

    private mutating func skipSpace() {
        while let character = current, character.isWhitespace { position += 1 }
    }

    private mutating func take(_ text: String) -> Bool {
        skipSpace()
        guard characters[position...].starts(with: text) else { return false }
        position += text.count
        return true
    }

    private mutating func expression() -> HostFilter? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 64, take("(") else { return nil }
        let filter: HostFilter?
        if take("&") {
            filter = expressions().map(HostFilter.all)
        } else if take("|") {
            filter = expressions().map(HostFilter.any)
        } else if take("!") {
            filter = expression().map(HostFilter.not)
        } else {
            skipSpace()
            filter = current == "(" ? expression() : comparison()
        }
        return take(")") ? filter : nil
    }

    private mutating func expressions() -> [HostFilter]? {
        var filters: [HostFilter] = []
        repeat {
            guard let filter = expression() else { return nil }
            filters.append(filter)
            skipSpace()
        } while current == "("
        return filters
    }

    private mutating func comparison() -> HostFilter? {
        guard let attribute = name() else { return nil }
        var mask: Int?
        if take("&") {
            guard let bits = number() else { return nil }
            mask = bits
        }
        var relation: HostFilter.Relation?
        for candidate in HostFilter.Relation.allCases where relation == nil {
            if take(candidate.rawValue) { relation = candidate }
        }
        guard let relation, let value = value() else { return nil }
        return .comparison(.init(attribute: attribute, mask: mask, relation: relation, value: value))
    }

    private mutating func name() -> String? {
        skipSpace()
        let start = position
        while let character = current, character == "_" || character == "-" || character.isLetter || character.isNumber
        {
            position += 1
        }
        return start < position ? String(characters[start..<position]) : nil
    }

    private mutating func number() -> Int? {
        skipSpace()
        let start = position
        if current == "-" || current == "+" { position += 1 }
        while let character = current, character.isASCII, character.isNumber { position += 1 }
        // So few digits that no arithmetic on the number can overflow.
        return position - start <= 12 ? Int(String(characters[start..<position])) : nil
    }

    private mutating func quoted() -> String? {
        guard take("\""), let end = characters[position...].firstIndex(of: "\"") else { return nil }
        defer { position = end + 1 }
        return String(characters[position..<end])
    }

    private mutating func value() -> HostFilter.Value? {
        skipSpace()
        if current == "\"" { return quoted().map(HostFilter.Value.text) }
        if take("T\"") {
            position -= 1
            return quoted().flatMap(Self.time)
        }
        if take("CURTIME(") {
            guard let seconds = number(), take(")") else { return nil }
            return .fromNow(seconds)
        }
        if take("0x") { return bytes() }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        return number().map(HostFilter.Value.number)
    }

    private mutating func bytes() -> HostFilter.Value? {
        var digits: [UInt8] = []
        while let byte = current?.asciiValue, let digit = ByteCoding.hexadecimalDigit(byte) {
            digits.append(digit)
            position += 1
        }
        guard !digits.isEmpty, digits.count.isMultiple(of: 2) else { return nil }
        return .bytes(stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }

    /// `2005-04-27 23:59:01` in the form of a datetime value.
    private static func time(_ text: String) -> HostFilter.Value? {
        let pattern = Array("dddd-dd-dd dd:dd:dd")
        let characters = Array(text)
        guard characters.count == pattern.count else { return nil }
        for (character, wanted) in zip(characters, pattern) {
            let isDigit = character.isASCII && character.isNumber
            guard wanted == "d" ? isDigit : character == wanted else { return nil }
        }
        return .time(text.replacing(" ", with: "T") + "Z")
    }
}
