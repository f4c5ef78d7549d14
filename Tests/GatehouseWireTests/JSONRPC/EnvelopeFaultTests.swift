// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `Messages that are JSON and no request` {
    @Test(arguments: faults)
    func `they are answered under their id with the reason`(_ text: String, _ id: String, _ reason: String) throws {
        let call = IncomingMessage.Call.invalid(id: MessageID(token: id), reason: reason)
        if text.hasPrefix("{") { #expect(try message(text) == .single(call)) }
        #expect(try message("[\(text)]") == .batch([call]))
    }

    @Test(arguments: malformed)
    func `what is not JSON has no id to be answered under`(_ rejected: RejectedText) {
        #expect(throws: rejected.fault) { try message(rejected.bytes) }
    }

    @Test(arguments: [true, false])
    func `bytes that are not UTF-8 make the message malformed`(_ inID: Bool) {
        let bytes = Array((inID ? "{\"id\":\"" : "{\"x\":\"").utf8) + [0xC0, 0x80] + Array("\"}".utf8)
        let error = #expect(throws: JSONError.self) { try message(bytes) }
        #expect(error?.code == .invalidUTF8)
    }

    static let faults: [(String, String, String)] = [
        (#"{}"#, "null", #""jsonrpc" must be "2.0""#),
        (#"{"id":1,"method":"m"}"#, "1", #""jsonrpc" must be "2.0""#),
        (#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, "1", #""jsonrpc" must be "2.0""#),
        (#"{"jsonrpc":2.0,"id":1,"method":"m"}"#, "1", #""jsonrpc" must be "2.0""#),
        (#"{"jsonrpc":"2.0 ","id":"a","method":"m"}"#, #""a""#, #""jsonrpc" must be "2.0""#),
        (#"{"jsonrpc":null,"method":"m"}"#, "null", #""jsonrpc" must be "2.0""#),
        (#"{"JSONRPC":"2.0","id":1,"method":"m"}"#, "1", #""jsonrpc" must be "2.0""#),
        (#"{"jsonrpc":"2.0","id":1}"#, "1", #""method" is missing"#),
        (#"{"jsonrpc":"2.0"}"#, "null", #""method" is missing"#),
        (#"{"jsonrpc":"2.0","id":1.50,"method":1}"#, "1.50", #""method" must be a string, not integer"#),
        (#"{"jsonrpc":"2.0","id":1,"method":null}"#, "1", #""method" must be a string, not null"#),
        (#"{"jsonrpc":"2.0","id":1,"method":["m"]}"#, "1", #""method" must be a string, not array"#),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","params":1}"#, "1", #""params" must be an object, not integer"#),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","params":"a"}"#, "1", #""params" must be an object, not string"#),
        (#"{"jsonrpc":"2.0","method":"m","params":false}"#, "null", #""params" must be an object, not boolean"#),
        (#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, "null", #""id" must be a string, a number or null, not object"#),
        (#"{"jsonrpc":"2.0","id":[1],"method":"m"}"#, "null", #""id" must be a string, a number or null, not array"#),
        (
            #"{"jsonrpc":"2.0","id":true,"method":"m"}"#, "null",
            #""id" must be a string, a number or null, not boolean"#
        ),
        (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "1", #""method" is missing"#),
        ("1", "null", "a request is an object, not integer"), ("1.5", "null", "a request is an object, not number"),
        ("\"a\"", "null", "a request is an object, not string"),
        ("true", "null", "a request is an object, not boolean"),
        ("null", "null", "a request is an object, not null"), ("[]", "null", "a request is an object, not array"),
        (#"[{"jsonrpc":"2.0","id":1,"method":"m"}]"#, "null", "a request is an object, not array"),
    ]

    static let malformed: [RejectedText] = [
        cut(""), cut(" "), cut("{"), cut(#"{"jsonrpc":"2.0""#), cut(#"{"id":"#), cut(#"{"id":1"#), cut("[{},"),
        RejectedText("[1,]", .unexpectedCharacter, at: 3), RejectedText("[{} {}]", .unexpectedCharacter, at: 4),
        RejectedText("{}{}", .trailingData, at: 2), RejectedText("[]]", .trailingData, at: 2),
        RejectedText("{},", .trailingData, at: 2), RejectedText("{}\0", .trailingData, at: 2),
        RejectedText(#"{"id":01}"#, .invalidNumber, at: 7), RejectedText(#"{"id":"\ud800"}"#, .invalidEscape, at: 8),
        RejectedText(#"{"id":1,}"#, .unexpectedCharacter, at: 8),
        RejectedText(#"{"method":"a\#n"}"#, .controlCharacter, at: 12),
    ]
}
