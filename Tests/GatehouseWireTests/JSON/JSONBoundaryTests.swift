// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `The boundary of a value` {
    @Test(arguments: complete)
    func `an object or array is complete with its last byte, however it arrives`(_ text: String) {
        let bytes = Array(text.utf8)
        for size in [1, 2, 3, 7, bytes.count] {
            #expect(BoundaryOutcome(of: bytes + Array(" {}".utf8), inPiecesOf: size) == .init(.complete, bytes.count))
        }
    }

    @Test(arguments: complete)
    func `no beginning of it is complete or misplaced`(_ text: String) {
        let bytes = Array(text.utf8)
        for end in 0..<bytes.count {
            #expect(BoundaryOutcome(of: Array(bytes[..<end]), inPiecesOf: 5) == .init(.incomplete, end))
        }
    }

    @Test(arguments: misplaced)
    func `a byte that cannot stand there is reported when it arrives`(_ text: String, _ end: Int) {
        for size in [1, 4, text.utf8.count] {
            #expect(BoundaryOutcome(of: Array(text.utf8), inPiecesOf: size) == .init(.misplaced, end))
        }
    }

    @Test(arguments: [0, 1, 2, 63, 64])
    func `a bracket beyond the depth is reported when it arrives`(_ depth: Int) {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text =
                String(repeating: open, count: depth) + (open == "[" ? "" : "0")
                + String(repeating: close, count: depth)
            if depth > 0 {
                #expect(BoundaryOutcome(of: Array(text.utf8), inPiecesOf: 1, depth: depth).step == .complete)
            }
            let deeper = Array((String(repeating: open, count: depth) + "{").utf8)
            #expect(BoundaryOutcome(of: deeper, inPiecesOf: 1, depth: depth) == .init(.tooDeep, deeper.count))
        }
    }

    @Test(arguments: ["[1-2.e]", "[-]", "[00]", "{\"a\":1,\"a\":2}", "[\"\\ud800\"]"])
    func `what only the reader checks does not hide where the value ends`(_ text: String) {
        #expect(BoundaryOutcome(of: Array(text.utf8), inPiecesOf: 1) == .init(.complete, text.utf8.count))
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func `bytes that are not UTF-8 inside a string do not hide where the value ends`() {
        let bytes = Array("[\"".utf8) + [0xFF, 0xC0, 0x80, 0xED, 0xA0] + Array("\"]".utf8)
        #expect(BoundaryOutcome(of: bytes, inPiecesOf: 2) == .init(.complete, bytes.count))
    }

    static let complete = [
        "{}", "[]", "[ ]", "{\n}", "[[],{}]", "{\"a\":1}", "[1,-2.5e+3,true,false,null]",
        "{\"}\":\"]\",\"{[\":[\"\\\"]\"]}",
        "{\"a\":{\"b\":[{\"c\":\"\\\\\"}]}}", "[\"\\u007D\\n\\/\"]", " \r\n\t[1]",
        "{ \"a\" : [ 1 , 2 ] , \"b\" : { } }",
        "[\"é漢😀\"]", "[1 ,2\n]", "{\"\":\"\"}", "[0,1e5\t,-0]",
    ]

    static let misplaced: [(String, Int)] = [
        ("]", 1), ("}", 1), ("1", 1), ("\"a\"", 1), ("true", 1), (",", 1), ("x", 1), ("\0", 1), ("\u{FEFF}{}", 1),
        ("[}", 2), ("{]", 2), ("[,", 2), ("[1}", 3), ("{\"a\":1]", 7), ("[1,]", 4), ("{\"a\":1,}", 8), ("{1", 2),
        ("{a", 2), ("{'", 2), ("{\"a\",", 5), ("{\"a\"}", 5), ("{\"a\":,", 6), ("[1 2", 4), ("[\"a\" \"b\"", 6),
        ("[tx", 3), ("[truE", 5), ("[nulll", 6), ("[fals]", 6), ("[truetrue", 6), ("[N", 2), ("[+", 2), ("[.", 2),
        ("[1x", 3), ("[1\0", 3), ("[\0", 2), ("[\"\n", 3), ("[\"\0", 3), ("[\"\\x", 4), ("[\"\\u00g", 7),
        ("[1:", 3), ("{\"a\":1:", 7), ("[//", 2), ("[1;", 3),
    ]
}
