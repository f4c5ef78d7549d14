// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// What the fast paths for long strings and large objects must not change.
@Suite struct LargeTextTests {
    @Test func `a string of escapes spells what they say`() throws {
        let text = String(repeating: #"\n\u00e9\ud83d\ude00x\/\u0000"#, count: 5000)
        let expected = String(repeating: "\né😀x/\0", count: 5000)
        #expect(try JSONValue(parsing: "\"\(text)\"") == .string(expected))
    }

    @Test(arguments: [
        ("\"\\n", [0xFF], "\\q\"", JSONError(.invalidUTF8, at: 3)),
        ("\"\\q", [0xFF], "\"", JSONError(.invalidEscape, at: 2)),
        ("\"\\n", [0xE2, 0x82], "\\n\"", JSONError(.invalidUTF8, at: 3)),
        ("\"\\u00e9abc", [0xC3, 0xA9, 0x80], "\"", JSONError(.invalidUTF8, at: 12)),
    ])
    func `the first fault of a string with escapes is told`(
        _ before: String,
        _ bytes: [UInt8],
        _ after: String,
        _ fault: JSONError
    ) {
        #expect(throws: fault) { try JSONValue(parsing: Array(before.utf8) + bytes + Array(after.utf8)) }
    }

    @Test(arguments: [15, 16, 17, 31, 32, 33, 1000, 20_000])
    func `a large object keeps its members, and a repeated one is found wherever it stands`(_ count: Int) throws {
        let members = (0..<count).map { "\"name\($0)\":\($0)" }.joined(separator: ",")
        let object = try #require(try JSONValue(parsing: "{\(members)}").object)
        #expect(object.members.count == count)
        #expect(object.members.last?.value == .number(JSONNumber(count - 1)))
        for repeated in ["name0", "name\(count / 2)", "name\(count - 1)", #"\u006eame1"#] {
            let fault = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\(members),\"\(repeated)\":0}") }
            #expect(fault == JSONError(.duplicateMember, at: members.utf8.count + 2))
        }
        #expect(throws: Never.self) { try JSONValue(parsing: "{\(members),\"\":0,\"nam\":1}") }
    }
}
