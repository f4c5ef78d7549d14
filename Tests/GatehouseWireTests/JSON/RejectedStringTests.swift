// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `Strings that JSON does not allow` {
    @Test(arguments: escapes + surrogates)
    func `escapes that do not exist and halves of pairs are refused`(_ rejected: RejectedText) {
        #expect(throws: rejected.fault) { try JSONValue(parsing: rejected.bytes) }
    }

    @Test func `every byte after a backslash is an escape of JSON or refused`() {
        let letters = Set("\"\\/bfnrtu".utf8)
        for byte in UInt8.min...UInt8.max where !letters.contains(byte) {
            let text = Array("\"\\".utf8) + [byte] + Array("0041\"".utf8)
            #expect(throws: JSONError(.invalidEscape, at: 2)) { try JSONValue(parsing: text) }
        }
    }

    @Test(arguments: 0..<UInt8(0x20))
    func `control characters must be escaped, in names too`(_ byte: UInt8) {
        let string = Array("[\"a".utf8) + [byte] + Array("\"]".utf8)
        #expect(throws: JSONError(.controlCharacter, at: 3)) { try JSONValue(parsing: string) }
        let afterEscape = Array("[\"\\n".utf8) + [byte] + Array("\"]".utf8)
        #expect(throws: JSONError(.controlCharacter, at: 4)) { try JSONValue(parsing: afterEscape) }
        let name = Array("{\"".utf8) + [byte] + Array("\":1}".utf8)
        #expect(throws: JSONError(.controlCharacter, at: 2)) { try JSONValue(parsing: name) }
    }

    @Test(arguments: notUTF8)
    func `bytes that are not UTF-8 are refused wherever they stand in a string`(_ bytes: [UInt8]) {
        for (before, after) in [("\"", "\""), ("\"é", "z\""), ("\"\\n", "\""), ("\"", "\\n\""), ("{\"", "\":1}")] {
            let text = Array(before.utf8) + bytes + Array(after.utf8)
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
            #expect(error?.code == .invalidUTF8)
        }
    }

    @Test(arguments: notUTF8)
    func `the fault is where the character begins that is not UTF-8`(_ bytes: [UInt8]) {
        let valid = bytes.starts(with: [0xC3, 0xA9]) ? 2 : 0
        for before in ["[\"", "[\"é漢😀 ", "[\"\\u00e9 é", "{\"x\":1,\"é"] {
            let fault = JSONError(.invalidUTF8, at: before.utf8.count + valid)
            #expect(throws: fault) { try JSONValue(parsing: Array(before.utf8) + bytes + Array("é\"".utf8)) }
            #expect(throws: fault) { try JSONValue(parsing: Array(before.utf8) + bytes + Array("\\n\"".utf8)) }
        }
    }

    @Test(arguments: duplicates)
    func `a name that its object already has is refused where it begins`(_ rejected: RejectedText) {
        #expect(throws: rejected.fault) { try JSONValue(parsing: rejected.bytes) }
    }

    @Test(arguments: [2, 15, 16, 17, 18, 100, 5000])
    func `the last of many members is compared with all before it`(_ count: Int) throws {
        let members = (0..<count).map { "\"name\($0)\":\($0)" }
        let text = "{" + members.joined(separator: ",")
        #expect(try JSONValue(parsing: text + "}").object?.members.count == count)
        for repeated in [0, count / 2, count - 1] {
            let fault = JSONError(.duplicateMember, at: text.utf8.count + 1)
            #expect(throws: fault) { try JSONValue(parsing: text + ",\"name\(repeated)\":0}") }
        }
    }

    static let escapes: [RejectedText] = [
        cut("\""), cut("\"a"), cut(#""\""#), cut(#""\"#), cut(#""\u"#), cut(#""\u12"#), cut(#"{"a\n"#),
        RejectedText(#""\x41""#, .invalidEscape, at: 2), RejectedText(#""\a""#, .invalidEscape, at: 2),
        RejectedText(#""\'""#, .invalidEscape, at: 2), RejectedText(#""\0""#, .invalidEscape, at: 2),
        RejectedText(#""\U0041""#, .invalidEscape, at: 2), RejectedText(#""\N""#, .invalidEscape, at: 2),
        RejectedText("\"\\\n\"", .invalidEscape, at: 2), RejectedText(#""\ ""#, .invalidEscape, at: 2),
        RejectedText(#""\u""#, .invalidEscape, at: 3), RejectedText(#""\u00""#, .invalidEscape, at: 5),
        RejectedText(#""\u004""#, .invalidEscape, at: 6), RejectedText(#""\u00G0""#, .invalidEscape, at: 5),
        RejectedText(#""\u{41}""#, .invalidEscape, at: 3), RejectedText(#""\u+041""#, .invalidEscape, at: 3),
        RejectedText(#""\u 041""#, .invalidEscape, at: 3), RejectedText(#""\u004@""#, .invalidEscape, at: 6),
        RejectedText(#""\u004`""#, .invalidEscape, at: 6), RejectedText(#""\u004g""#, .invalidEscape, at: 6),
        RejectedText(#""\u004/""#, .invalidEscape, at: 6), RejectedText(#""\u004:""#, .invalidEscape, at: 6),
        RejectedText("\"\\u００４１\"", .invalidEscape, at: 3), RejectedText("[\\n]", .unexpectedCharacter, at: 1),
    ]

    static let surrogates: [RejectedText] = [
        RejectedText(#""\ud800""#, .invalidEscape, at: 2), RejectedText(#""\uDBFF""#, .invalidEscape, at: 2),
        RejectedText(#""\udc00""#, .invalidEscape, at: 2), RejectedText(#""\uDFFF""#, .invalidEscape, at: 2),
        RejectedText(#""\ud800\ud800""#, .invalidEscape, at: 2), RejectedText(#""\ud800x""#, .invalidEscape, at: 2),
        RejectedText(#""\ud800\n""#, .invalidEscape, at: 2), RejectedText(#""\udc00\ud800""#, .invalidEscape, at: 2),
        RejectedText(#""\ud800\u0041""#, .invalidEscape, at: 2),
        RejectedText(#""\ud83d\\ude00""#, .invalidEscape, at: 2),
        RejectedText(#""\ud83d\ude0""#, .invalidEscape, at: 12),
        RejectedText(#""\ud800\ue000""#, .invalidEscape, at: 2),
        RejectedText(#""a\ud83d😀""#, .invalidEscape, at: 3), RejectedText(#"{"\ud800":1}"#, .invalidEscape, at: 3),
        RejectedText(#""\ud83d\ude00\ude00""#, .invalidEscape, at: 14),
    ]

    static let notUTF8: [[UInt8]] = [
        // Continuation bytes without a beginning.
        [0x80], [0xBF], [0xC3, 0xA9, 0x80],
        // Longer than needed.
        [0xC0, 0x80], [0xC0, 0xA2], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0x80],
        [0xF0, 0x8F, 0xBF, 0xBF],
        // Surrogates, alone and as a pair.
        [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
        // Beyond U+10FFFF, and lengths and bytes that UTF-8 does not have.
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC, 0x84, 0x80, 0x80],
        [0xFE], [0xFF], [0xFF, 0xFE],
        // Cut short.
        [0xC2], [0xDF], [0xE2, 0x82], [0xE2], [0xF0, 0x9F, 0x98], [0xF0, 0x9F], [0xF0], [0xC3, 0x28],
        [0xE2, 0x28, 0xA1],
    ]

    static let duplicates: [RejectedText] = [
        RejectedText(#"{"a":1,"a":2}"#, .duplicateMember, at: 7),
        RejectedText(#"{"":1,"":2}"#, .duplicateMember, at: 6),
        RejectedText(#"{"a":1,"\u0061":1}"#, .duplicateMember, at: 7),
        RejectedText(#"{"a":1,"b":2, "a":null}"#, .duplicateMember, at: 14),
        RejectedText(#"{"x":{"a":1,"a":1}}"#, .duplicateMember, at: 12),
        RejectedText(#"[{"a":{"a":1},"a":1}]"#, .duplicateMember, at: 14),
        RejectedText(#"{"\n":1,"\u000a":1}"#, .duplicateMember, at: 8),
        RejectedText(#"{"é":1,"\u00e9":2}"#, .duplicateMember, at: 8),
    ]
}
