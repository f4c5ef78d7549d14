// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `Texts that JSON allows` {
    @Test(arguments: words + numbers + structures)
    func `words, numbers and structures are read as they stand`(_ accepted: AcceptedText) throws {
        #expect(try JSONValue(parsing: accepted.text).text == accepted.compact)
    }

    @Test(arguments: strings)
    func `strings are unescaped and written with the fewest escapes`(_ accepted: AcceptedText) throws {
        #expect(try JSONValue(parsing: accepted.text).text == accepted.compact)
    }

    @Test(
        arguments: [0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFEFF, 0xFFFE, 0xFFFF, 0x10000, 0x1FFFF, 0x10FFFF] as [UInt32]
    )
    func `the first and last characters of each UTF-8 length are read`(_ code: UInt32) throws {
        let character = try String(#require(Unicode.Scalar(code)))
        #expect(try JSONValue(parsing: "[\"\(character)\"]") == [.string(character)])
        #expect(try JSONValue(parsing: "{\"\(character)\":1}").object?.members.first?.name == character)
    }

    @Test func `names that only look alike are different members`() throws {
        let value = try JSONValue(parsing: "{\"é\":1,\"e\u{301}\":2,\"K\":3,\"\u{212A}\":4,\"\u{17F}\":5,\"s\":6}")
        #expect(value["é"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(value["K"] == 3)
        #expect(value["\u{212A}"] == 4)
        #expect(value.object?.members.count == 6)
    }

    @Test func `different objects of one text may use the same names`() throws {
        let text = #"{"a":{"a":{"a":1}},"b":[{"a":2},{"a":3}]}"#
        #expect(try JSONValue(parsing: text).text == text)
    }

    @Test(arguments: [1, 2, 64])
    func `a text may be as deep as allowed and no deeper`(_ depth: Int) throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ levels: Int) -> String {
                let middle = open == "[" ? "" : "0"
                return String(repeating: open, count: levels) + middle + String(repeating: close, count: levels)
            }
            #expect(try JSONValue(parsing: nested(depth), depth: depth).text == nested(depth))
            let offset = depth * open.utf8.count
            #expect(throws: JSONError(.tooDeep, at: offset)) { try JSONValue(parsing: nested(depth + 1), depth: depth) }
        }
    }

    @Test func `levels that have closed do not count as depth`() throws {
        let text = "[" + Array(repeating: "[{}]", count: 200).joined(separator: ",") + "]"
        #expect(try JSONValue(parsing: text, depth: 3).text == text)
    }

    @Test func `scalars need no depth`() throws {
        #expect(try JSONValue(parsing: "1", depth: 0) == 1)
        #expect(throws: JSONError(.tooDeep, at: 0)) { try JSONValue(parsing: "[]", depth: 0) }
    }

    static let words = ["null", "true", "false"].map { AcceptedText($0) }

    static let numbers: [AcceptedText] = [
        "0", "-0", "1", "-1", "9", "10", "-10", "0.0", "-0.0", "0.5", "-0.5", "10.25", "1.10", "0e0", "0E0", "0e+1",
        "0e-1",
        "1e5", "1E5", "1e+5", "1E-05", "1e00", "1.5e3", "-1.5E+30", "1e400", "-1e400", "1e-400", "9007199254740993",
        "9223372036854775807", "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890",
        "0.10000000000000000000000000000000000001", "3.141592653589793238462643383279",
    ].map { AcceptedText($0) }

    static let structures: [AcceptedText] = [
        AcceptedText("[]"), AcceptedText("{}"), AcceptedText("[[]]"), AcceptedText("[[],[]]"), AcceptedText("[{}]"),
        AcceptedText("[ ]", as: "[]"), AcceptedText("{\n}", as: "{}"), AcceptedText(" 1", as: "1"),
        AcceptedText("1\n", as: "1"), AcceptedText("\r\n\t true \t\r\n", as: "true"),
        AcceptedText("[ 1 , 2\n,\t3\r]", as: "[1,2,3]"),
        AcceptedText("{ \"a\" : 1 , \"b\"\n:\t[ ] }", as: "{\"a\":1,\"b\":[]}"),
        AcceptedText("[null,true,false,0,-1.5,\"\",[],{}]"), AcceptedText("{\"\":0}"), AcceptedText("{\"\":{\"\":{}}}"),
        AcceptedText("{\"b\":1,\"a\":2}"), AcceptedText("{\"a b\":1,\"a.b\":2,\"$/x\":3}"), AcceptedText("{\"1\":1}"),
    ]

    static let strings: [AcceptedText] = [
        AcceptedText(#""""#), AcceptedText(#"" ""#), AcceptedText(#""a""#), AcceptedText(#""/*c*/ //d #e""#),
        AcceptedText(#""\"\\\/\b\f\n\r\t""#, as: #""\"\\/\b\f\n\r\t""#),
        AcceptedText(#""\u0041\u005a""#, as: #""AZ""#), AcceptedText(#""\u0022\u005C\u002F""#, as: #""\"\\/""#),
        AcceptedText(#""\u00e9\u00E9""#, as: #""éé""#), AcceptedText(#""\\u0041""#), AcceptedText(#""\\\\""#),
        AcceptedText(#""\\\"""#), AcceptedText(#""\u0000""#), AcceptedText(#""a\u0000b""#),
        AcceptedText(#""\u0001\u001F""#, as: #""\u0001\u001f""#), AcceptedText("\"\u{7F}\"", as: #""\u007f""#),
        AcceptedText(#""\u0008\u0009\u000a\u000c\u000d""#, as: #""\b\t\n\f\r""#),
        AcceptedText(#""\ud83d\ude00""#, as: "\"😀\""), AcceptedText(#""\uD834\uDD1E!""#, as: "\"\u{1D11E}!\""),
        AcceptedText(#""\uD800\uDC00\uDBFF\uDFFF""#, as: "\"\u{10000}\u{10FFFF}\""),
        AcceptedText(#""\uD7FF\uE000\uFFFF\uFEFF""#, as: "\"\u{D7FF}\u{E000}\u{FFFF}\u{FEFF}\""),
        AcceptedText("\"\u{2028}\u{2029}\u{85}\u{A0}\u{FEFF}\""), AcceptedText("\"é e\u{301} 漢 😀\""),
        AcceptedText("\"é\\né\\n\"", as: "\"é\\né\\n\""), AcceptedText(#"{"\u0061\n":1}"#, as: #"{"a\n":1}"#),
    ]
}
