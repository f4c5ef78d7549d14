// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

func message(_ text: String, depth: Int = 64) throws -> IncomingMessage {
    try message(Array(text.utf8), depth: depth)
}

func message(_ bytes: [UInt8], depth: Int = 64) throws -> IncomingMessage {
    let result = bytes.withUnsafeBufferPointer { bytes in
        Result { () throws(JSONError) in try IncomingMessage(reading: bytes, depth: depth) }
    }
    return try result.get()
}

@Suite struct `Messages of clients` {
    @Test(arguments: ids)
    func `an id is kept byte by byte`(_ token: String) throws {
        let text = "{\"jsonrpc\":\"2.0\",\"id\": \t\(token) \n,\"method\":\"m\"}"
        #expect(try message(text) == .single(.request(id: MessageID(token: token), method: "m", params: nil)))
        #expect(try message("[\(text)]") == .batch([.request(id: MessageID(token: token), method: "m", params: nil)]))
        let last = "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\(token)}"
        #expect(try message(last) == .single(.request(id: MessageID(token: token), method: "m", params: nil)))
    }

    @Test func `a request without an id is a notification, one with a null id is not`() throws {
        #expect(try message(#"{"jsonrpc":"2.0","method":"m"}"#) == .single(.notification(method: "m", params: nil)))
        #expect(
            try message(#"{"jsonrpc":"2.0","method":"m","id":null}"#)
                == .single(.request(id: .null, method: "m", params: nil))
        )
    }

    @Test(
        arguments: [
            ("", nil), (",\"params\":{}", [:]), (",\"params\":[]", []),
            (",\"params\":{\"a\":[1]}", ["a": [1]]), (",\"params\":[1,{\"a\":2}]", [1, ["a": 2]]),
        ] as [(String, JSONValue?)]
    )
    func `parameters are an object, an array or nothing`(_ member: String, _ expected: JSONValue?) throws {
        let call = IncomingMessage.Call.request(id: MessageID(token: "1"), method: "m", params: expected)
        #expect(try message("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"\(member)}") == .single(call))
    }

    @Test func `null parameters are none at all`() throws {
        // `$0.isNull ? nil : $0` meant `.null` by its nil, because a JSON value can be written as the literal nil.
        let call = IncomingMessage.Call.request(id: MessageID(token: "1"), method: "m", params: Optional.none)
        #expect(try message(#"{"jsonrpc":"2.0","id":1,"method":"m","params":null}"#) == .single(call))
        let notification = IncomingMessage.Call.notification(method: "m", params: Optional.none)
        #expect(try message(#"{"jsonrpc":"2.0","method":"m","params":null}"#) == .single(notification))
    }

    @Test func `members that the specification does not know are passed over, in any order`() throws {
        let text =
            #" {"trace":{"id":7,"method":"no"},"method":"m","x":[{"id":1}],"id":5,"Id":6,"ID":null,"jsonrpc":"2.0","":1} "#
        #expect(try message(text) == .single(.request(id: MessageID(token: "5"), method: "m", params: nil)))
    }

    @Test func `escaped names are the names that they spell`() throws {
        let text = #"{"\u006asonrpc":"2.\u0030","\u0069d":1,"meth\u006fd":"p\u0069ng"}"#
        #expect(try message(text) == .single(.request(id: MessageID(token: "1"), method: "ping", params: nil)))
    }

    @Test func `a request may have thirty-two members and not one more`() throws {
        func text(_ count: Int) -> String {
            let others = (0..<(count - 3)).map { "\"x\($0)\":0" }.joined(separator: ",")
            return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\(others)}"
        }
        let id = MessageID(token: "1")
        #expect(try message(text(32)) == .single(.request(id: id, method: "m", params: nil)))
        let refused = IncomingMessage.Call.invalid(id: id, reason: "a request has no more than 32 members")
        #expect(try message(text(33)) == .single(refused))
        #expect(try message(text(5000)) == .single(refused))
    }

    @Test(arguments: [
        #"{"id":1,"id":1}"#, #"{"jsonrpc":"2.0","method":"a","\u006dethod":"b"}"#, #"{"params":{"a":1,"a":2}}"#,
        #"{"x":1,"y":2,"x":3}"#, #"[{"id":1},{"a":{"b":0,"b":0}}]"#,
    ])
    func `a repeated member makes the whole message malformed`(_ text: String) {
        let error = #expect(throws: JSONError.self) { try message(text) }
        #expect(error?.code == .duplicateMember)
    }

    @Test(arguments: [1, 2, 64])
    func `a message is as deep as its brackets, the one of the batch included`(_ depth: Int) throws {
        let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(throws: Never.self) { try message(nested, depth: depth) }
        #expect(throws: JSONError(.tooDeep, at: depth)) { try message("[\(nested)]", depth: depth) }
        let object =
            "{\"params\":" + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
        if depth > 1 { #expect(throws: Never.self) { try message(object + "}", depth: depth) } }
        let deeper = "{\"params\":" + String(repeating: "[", count: depth)
        #expect(throws: JSONError(.tooDeep, at: 9 + depth)) { try message(deeper, depth: depth) }
    }

    @Test(arguments: [1, 2, 1024])
    func `a batch has as many elements as allowed, and is read no further`(_ maximum: Int) throws {
        func read(_ text: String) throws -> IncomingMessage {
            let result = Array(text.utf8).withUnsafeBufferPointer { bytes in
                Result { () throws(JSONError) in
                    try IncomingMessage(reading: bytes, depth: 64, batchElements: maximum)
                }
            }
            return try result.get()
        }
        let most = "[0" + String(repeating: ",0", count: maximum - 1)
        guard case .batch(let calls) = try read(most + "]") else { throw CancellationError() }
        #expect(calls.count == maximum)
        #expect(try read(most + ",0]") == .oversizedBatch)
        #expect(try read(most + ",what follows is not looked at") == .oversizedBatch)
    }

    @Test func `two ids are the same only if their tokens are`() {
        #expect(MessageID(token: "1") != MessageID(token: "1.0"))
        #expect(MessageID(token: "1") != MessageID(token: "\"1\""))
        #expect(MessageID(token: "\"A\"") != MessageID(token: "\"\\u0041\""))
        #expect(MessageID(token: "\"é\"") != MessageID(token: "\"e\u{301}\""))
        #expect(MessageID(token: "null") == .null)
        #expect(MessageID(token: "\"null\"") != .null)
        let ids = Set(["1", "1.0", "\"1\"", "1", "\"é\"", "\"e\u{301}\""].map { MessageID(token: $0) })
        #expect(ids.count == 5)
    }

    static let ids = [
        "0", "1", "-1", "-0", "1.0", "1e2", "1E+2", "0.5", "9007199254740993", "123456789012345678901234567890",
        "1e400",
        "null", "\"\"", "\"1\"", "\"null\"", "\"a b\"", #""\u0041""#, #""\/""#, #""/""#, #""\"\\""#, #""\ud83d\ude00""#,
        "\"😀\"", "\"é\"", "\"e\u{301}\"", "\"\u{7F}\"", "\"\u{212A}\"", #""\u0000""#, "\"}]\"",
        "\"" + String(repeating: "x", count: 1022) + "\"",
    ]
}
