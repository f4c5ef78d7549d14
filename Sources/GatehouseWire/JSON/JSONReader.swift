// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Reads JSON strictly: RFC 8259 and nothing beyond it, no duplicate names, no lone surrogates, bounded depth.
///
/// It works on borrowed bytes and must not outlive them. Its parts (a string, a value, the next delimiter) are open to
/// readers of a known shape, which thereby learn where a token began and ended.
package struct JSONReader {
    /// The text.
    let bytes: UnsafeBufferPointer<UInt8>
    /// The next byte to read.
    package internal(set) var position: Int
    /// How many more levels may open.
    var remainingDepth: Int
    /// How many more values may come, each of which costs many times its bytes.
    var remainingValues: Int

    /// Starts at the first byte.
    ///
    /// `depth` is how many arrays and objects may stand inside each other, `values` how many values there may be.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, depth: Int, values: Int = .max) {
        self.bytes = bytes
        position = 0
        remainingDepth = depth
        remainingValues = values
    }

    /// The byte at the position; 0 at the end, which no token begins with.
    @inline(__always)
    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    /// Fails at the position: with `unexpectedEnd` where nothing is left.
    func fail(_ code: JSONError.Code = .unexpectedCharacter) -> JSONError {
        JSONError(position < bytes.count ? code : .unexpectedEnd, at: position)
    }

    /// Passes over blanks and returns the byte that follows; 0 at the end.
    @inline(__always)
    package mutating func nextByte() -> UInt8 {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20: position = bytes.endOfSpaces(from: position)
            case 0x0A, 0x0D, 0x09: position += 1
            case let byte: return byte
            }
        }
        return 0
    }

    /// Whether only blanks are left.
    package mutating func isAtEnd() -> Bool {
        _ = nextByte()
        return position == bytes.count
    }

    /// Takes one byte if it is the next, after blanks.
    @inline(__always)
    package mutating func take(_ byte: UInt8) -> Bool {
        guard nextByte() == byte, position < bytes.count else { return false }
        position += 1
        return true
    }

    /// Reads any value.
    package mutating func readValue() throws(JSONError) -> JSONValue {
        try countValue()
        switch nextByte() {
        case UInt8(ascii: "{"): return .object(try readObject())
        case UInt8(ascii: "["): return .array(try readArray())
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        default: return .number(try readNumber())
        }
    }

    /// Counts a value that comes now.
    @inline(__always)
    mutating func countValue() throws(JSONError) {
        guard remainingValues > 0 else { throw fail(.tooManyValues) }
        remainingValues -= 1
    }

    /// Opens an array or an object: counts the level.
    package mutating func enter() throws(JSONError) {
        guard remainingDepth > 0 else { throw fail(.tooDeep) }
        remainingDepth -= 1
        position += 1
    }

    /// Closes the level that ``enter()`` opened.
    package mutating func leave() {
        remainingDepth += 1
    }

    private mutating func readWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let text = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        for byte in text {
            guard current == byte, position < bytes.count else { throw fail() }
            position += 1
        }
        return value
    }

    private mutating func readArray() throws(JSONError) -> [JSONValue] {
        try enter()
        defer { leave() }
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(try readValue())
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw fail() }
        return elements
    }

    private mutating func readObject() throws(JSONError) -> JSONObject {
        var members: [(name: String, value: JSONValue)] = []
        var names = MemberNames()
        try readMembers { (reader, name, start) throws(JSONError) in
            guard names.insert(name, among: members) else { throw JSONError(.duplicateMember, at: start) }
            members.append((name, try reader.readValue()))
        }
        return JSONObject(unique: members)
    }

    /// Reads an object and calls `body` for each member with the reader at its value and the offset of its name.
    ///
    /// `body` reads exactly the value. Duplicate names are the body's affair.
    package mutating func readMembers(
        _ body: (inout JSONReader, String, Int) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard nextByte() == UInt8(ascii: "{") else { throw fail() }
        try enter()
        defer { leave() }
        if take(UInt8(ascii: "}")) { return }
        repeat {
            guard nextByte() == UInt8(ascii: "\"") else { throw fail() }
            let start = position
            let name = try readString()
            guard take(UInt8(ascii: ":")) else { throw fail() }
            try body(&self, name, start)
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw fail() }
    }
}

extension JSONValue {
    /// The depth that a text may have where nobody says otherwise.
    public static let defaultDepth = 64

    /// Reads one whole text; blanks may stand around the value, nothing else.
    public init(parsing bytes: some Collection<UInt8>, depth: Int = defaultDepth) throws(JSONError) {
        func read(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<JSONValue, JSONError> {
            Result { () throws(JSONError) in
                var reader = JSONReader(buffer, depth: depth)
                let value = try reader.readValue()
                guard reader.isAtEnd() else { throw JSONError(.trailingData, at: reader.position) }
                return value
            }
        }
        let result = bytes.withContiguousStorageIfAvailable(read) ?? Array(bytes).withUnsafeBufferPointer(read)
        self = try result.get()
    }

    /// Reads one whole text.
    public init(parsing text: String, depth: Int = defaultDepth) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), depth: depth)
    }
}
