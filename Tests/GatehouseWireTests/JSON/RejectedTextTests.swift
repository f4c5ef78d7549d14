// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `Texts that JSON does not allow` {
    @Test(arguments: structures + trailing)
    func `structures are refused at the first byte that is wrong`(_ rejected: RejectedText) {
        #expect(throws: rejected.fault) { try JSONValue(parsing: rejected.bytes) }
    }

    @Test(arguments: words + numbers)
    func `words and numbers are refused at the first byte that is wrong`(_ rejected: RejectedText) {
        #expect(throws: rejected.fault) { try JSONValue(parsing: rejected.bytes) }
    }

    @Test(arguments: foreign)
    func `blanks, comments, byte orders and NULs of other formats are refused`(_ rejected: RejectedText) {
        #expect(throws: rejected.fault) { try JSONValue(parsing: rejected.bytes) }
    }

    @Test func `every byte that begins no value is refused alone`() {
        let beginnings = Set("{[\"tfn-0123456789 \t\r\n".utf8)
        for byte in UInt8.min...UInt8.max where !beginnings.contains(byte) {
            #expect(throws: JSONError(.unexpectedCharacter, at: 0)) { try JSONValue(parsing: [byte]) }
        }
    }

    // Half of a pair at the end of the text, and the end of a batch, were reported as characters that cannot stand there.
    @Test(arguments: 0..<UInt64(60))
    func `every beginning of a valid text is one that ends too early`(_ seed: UInt64) {
        var random = RandomText(seed: seed)
        let text = random.message() + Array(#"[{},"\uD83D\uDE00"]"#.utf8)
        let start = text.count - 19
        for message in [text[..<start], text[start...]].map({ Array($0) }) {
            for end in message.indices {
                let fault = JSONError(.unexpectedEnd, at: end)
                #expect(throws: fault) { try JSONValue(parsing: message[..<end]) }
                #expect(throws: fault) { try self.message(message[..<end]) }
            }
        }
    }

    private func message(_ bytes: ArraySlice<UInt8>) throws -> IncomingMessage {
        try GatehouseWireTests.message(Array(bytes))
    }

    static let structures: [RejectedText] = [
        cut(""), cut(" \n"), cut("["), cut("[1"), cut("[1,"), cut("[[]"), cut("{"), cut("{\"a"), cut("{\"a\""),
        cut("{\"a\":"), cut("{\"a\":1"), cut("{\"a\":1,"), cut("{\"a\":{}"), cut("[{\"a\":[1, "),
        RejectedText("]", .unexpectedCharacter, at: 0), RejectedText("}", .unexpectedCharacter, at: 0),
        RejectedText("[1,]", .unexpectedCharacter, at: 3), RejectedText("[,1]", .unexpectedCharacter, at: 1),
        RejectedText("[,]", .unexpectedCharacter, at: 1), RejectedText("[1,,2]", .unexpectedCharacter, at: 3),
        RejectedText("[1 2]", .unexpectedCharacter, at: 3), RejectedText("[1:2]", .unexpectedCharacter, at: 2),
        RejectedText("[1}", .unexpectedCharacter, at: 2), RejectedText("[}", .unexpectedCharacter, at: 1),
        RejectedText("{]", .unexpectedCharacter, at: 1), RejectedText("{,}", .unexpectedCharacter, at: 1),
        RejectedText("{\"a\":1]", .unexpectedCharacter, at: 6), RejectedText("{\"a\"}", .unexpectedCharacter, at: 4),
        RejectedText("{\"a\":}", .unexpectedCharacter, at: 5), RejectedText("{\"a\":1,}", .unexpectedCharacter, at: 7),
        RejectedText("{\"a\",1}", .unexpectedCharacter, at: 4), RejectedText("{\"a\"::1}", .unexpectedCharacter, at: 5),
        RejectedText("{\"a\" 1}", .unexpectedCharacter, at: 5), RejectedText("{:1}", .unexpectedCharacter, at: 1),
        RejectedText("{\"a\":1 \"b\":2}", .unexpectedCharacter, at: 7),
        RejectedText("{a:1}", .unexpectedCharacter, at: 1),
        RejectedText("{\"a\":1,,\"b\":2}", .unexpectedCharacter, at: 7),
        RejectedText("{1:1}", .unexpectedCharacter, at: 1),
        RejectedText("{\"a\":1;\"b\":2}", .unexpectedCharacter, at: 6),
        RejectedText("{'a':1}", .unexpectedCharacter, at: 1),
        RejectedText("{null:1}", .unexpectedCharacter, at: 1), RejectedText("{[]:1}", .unexpectedCharacter, at: 1),
        RejectedText("[\"a\",\n4\n,1,", .unexpectedEnd, at: 11),
        RejectedText("{\"a\":1,2}", .unexpectedCharacter, at: 7),
    ]

    static let trailing: [RejectedText] = [
        RejectedText("{}{}", .trailingData, at: 2), RejectedText("[][]", .trailingData, at: 2),
        RejectedText("[]]", .trailingData, at: 2), RejectedText("{}}", .trailingData, at: 2),
        RejectedText("{}\n[]", .trailingData, at: 3), RejectedText("1 2", .trailingData, at: 2),
        RejectedText("\"a\"b", .trailingData, at: 3), RejectedText("{},", .trailingData, at: 2),
        RejectedText("true false", .trailingData, at: 5), RejectedText("[1] //", .trailingData, at: 4),
    ]

    static let words: [RejectedText] = [
        cut("n"), cut("nul"), cut("tru"), cut("fals"), cut("[nul"),
        RejectedText("nulL", .unexpectedCharacter, at: 3), RejectedText("truf", .unexpectedCharacter, at: 3),
        RejectedText("falsy", .unexpectedCharacter, at: 4), RejectedText("nan", .unexpectedCharacter, at: 1),
        RejectedText("NULL", .unexpectedCharacter, at: 0), RejectedText("True", .unexpectedCharacter, at: 0),
        RejectedText("NaN", .unexpectedCharacter, at: 0), RejectedText("Infinity", .unexpectedCharacter, at: 0),
        RejectedText("undefined", .unexpectedCharacter, at: 0), RejectedText("[nul,1]", .unexpectedCharacter, at: 4),
        RejectedText("nullx", .trailingData, at: 4), RejectedText("truetrue", .trailingData, at: 4),
    ]

    static let numbers: [RejectedText] = [
        cut("-"), cut("1."), cut("1e"), cut("1E+"), cut("1e-"), cut("-0."), cut("0.0e"),
        RejectedText("+1", .unexpectedCharacter, at: 0), RejectedText("[.5]", .unexpectedCharacter, at: 1),
        RejectedText("01", .invalidNumber, at: 1), RejectedText("00", .invalidNumber, at: 1),
        RejectedText("-01", .invalidNumber, at: 2), RejectedText("[012.5]", .invalidNumber, at: 2),
        RejectedText("--1", .invalidNumber, at: 1), RejectedText("-a", .invalidNumber, at: 1),
        RejectedText("- 1", .invalidNumber, at: 1), RejectedText("[-]", .invalidNumber, at: 2),
        RejectedText("-.5", .invalidNumber, at: 1), RejectedText("-Infinity", .invalidNumber, at: 1),
        RejectedText("[1.]", .invalidNumber, at: 3), RejectedText("[1.e2]", .invalidNumber, at: 3),
        RejectedText("[1. 5]", .invalidNumber, at: 3), RejectedText("[1e]", .invalidNumber, at: 3),
        RejectedText("[1e+]", .invalidNumber, at: 4), RejectedText("[1e +5]", .invalidNumber, at: 3),
        RejectedText("[1e+-5]", .invalidNumber, at: 4), RejectedText("[1ee5]", .invalidNumber, at: 3),
        RejectedText("[1e1.5]", .unexpectedCharacter, at: 4), RejectedText("[1.2.3]", .unexpectedCharacter, at: 4),
        RejectedText("[1+2]", .unexpectedCharacter, at: 2), RejectedText("[1-]", .unexpectedCharacter, at: 2),
        RejectedText("[1a]", .unexpectedCharacter, at: 2), RejectedText("[2e5e5]", .unexpectedCharacter, at: 4),
        RejectedText("0x10", .trailingData, at: 1), RejectedText("1_000", .trailingData, at: 1),
        RejectedText("1,000", .trailingData, at: 1), RejectedText("1 000", .trailingData, at: 2),
        RejectedText("１", .unexpectedCharacter, at: 0), RejectedText("1２", .trailingData, at: 1),
    ]

    static let foreign: [RejectedText] = [
        RejectedText("\u{FEFF}{}", .unexpectedCharacter, at: 0), RejectedText("{}\u{FEFF}", .trailingData, at: 2),
        RejectedText([0xFF, 0xFE, 0x5B, 0, 0x5D, 0], .unexpectedCharacter, at: 0),
        RejectedText([0x5B, 0, 0x5D, 0], .unexpectedCharacter, at: 1),
        RejectedText([0, 0x5B, 0, 0x5D], .unexpectedCharacter, at: 0),
        RejectedText("[\u{B}1]", .unexpectedCharacter, at: 1), RejectedText("[1\u{C}]", .unexpectedCharacter, at: 2),
        RejectedText("\u{A0}1", .unexpectedCharacter, at: 0), RejectedText("1\u{2028}", .trailingData, at: 1),
        RejectedText("/*a*/1", .unexpectedCharacter, at: 0), RejectedText("[1//\n]", .unexpectedCharacter, at: 2),
        RejectedText("[1#\n]", .unexpectedCharacter, at: 2), RejectedText("'a'", .unexpectedCharacter, at: 0),
        RejectedText("`a`", .unexpectedCharacter, at: 0), RejectedText("“a”", .unexpectedCharacter, at: 0),
        RejectedText("\0", .unexpectedCharacter, at: 0), RejectedText("1\0", .trailingData, at: 1),
        RejectedText("{}\0", .trailingData, at: 2), RejectedText("[\0]", .unexpectedCharacter, at: 1),
        RejectedText("[1\0]", .unexpectedCharacter, at: 2), RejectedText("[1\0", .unexpectedCharacter, at: 2),
        RejectedText("{\0\"a\":1}", .unexpectedCharacter, at: 1), RejectedText("null\0", .trailingData, at: 4),
        RejectedText("nul\0", .unexpectedCharacter, at: 3), RejectedText("{\"a\"\0:1}", .unexpectedCharacter, at: 4),
        RejectedText("-\0", .invalidNumber, at: 1), RejectedText("1e\0", .invalidNumber, at: 2),
    ]
}
