// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// The situations of the examples in section 7 of the JSON-RPC 2.0 specification, with exchanges of our own.
@Suite struct `Exchanges of the JSON-RPC 2.0 specification` {
    @Test func `a call by position is answered with its result`() throws {
        let text = #"{"jsonrpc": "2.0", "method": "minus", "params": [9, 4], "id": 1}"#
        #expect(try message(text) == .single(.request(id: MessageID(token: "1"), method: "minus", params: [9, 4])))
        #expect(result(5, id: "1") == #"{"jsonrpc":"2.0","id":1,"result":5}"#)
    }

    @Test func `a call by name is the same in any order`() throws {
        let first = try message(#"{"jsonrpc":"2.0","method":"minus","params":{"from":9,"take":4},"id":"b"}"#)
        let second = try message(#"{"id":"b","params":{"take":4,"from":9},"method":"minus","jsonrpc":"2.0"}"#)
        #expect(first == second)
        #expect(
            first == .single(.request(id: MessageID(token: "\"b\""), method: "minus", params: ["take": 4, "from": 9]))
        )
    }

    @Test func `a notification has no id`() throws {
        #expect(
            try message(#"{"jsonrpc":"2.0","method":"update","params":[1,2,3]}"#)
                == .single(.notification(method: "update", params: [1, 2, 3]))
        )
        #expect(try message(#"{"jsonrpc":"2.0","method":"foo"}"#) == .single(.notification(method: "foo", params: nil)))
    }

    @Test func `a call of an unknown method is answered with an error`() {
        let error: JSONValue = ["code": -32601, "message": "no such method"]
        #expect(
            self.error(error, id: "\"1\"")
                == #"{"jsonrpc":"2.0","id":"1","error":{"code":-32601,"message":"no such method"}}"#
        )
    }

    @Test func `a call that is not JSON is answered under null`() {
        #expect(throws: JSONError.self) { try message(#"{"jsonrpc": "2.0", "method": "go, "params": "a", "b]"#) }
        #expect(throws: JSONError.self) {
            try message(#"[{"jsonrpc":"2.0","method":"a","id":1},{"jsonrpc":"2.0","method"]"#)
        }
        #expect(error([:], id: MessageID.null.token) == #"{"jsonrpc":"2.0","id":null,"error":{}}"#)
    }

    @Test func `a call that is no request is invalid`() throws {
        let call = try message(#"{"jsonrpc":"2.0","method":1,"params":"a"}"#)
        #expect(call == .single(.invalid(id: .null, reason: #""method" must be a string, not integer"#)))
    }

    @Test(arguments: ["[]", " [ ] ", "[\n]"])
    func `an empty batch is answered with one error`(_ text: String) throws {
        #expect(try message(text) == .emptyBatch)
    }

    @Test func `each element of a batch that is no request is invalid by itself`() throws {
        let invalid = IncomingMessage.Call.invalid(id: .null, reason: "a request is an object, not integer")
        #expect(try message("[1]") == .batch([invalid]))
        #expect(try message("[1,2,3]") == .batch([invalid, invalid, invalid]))
        let array = IncomingMessage.Call.invalid(id: .null, reason: "a request is an object, not array")
        #expect(try message("[[],[[]]]") == .batch([array, array]))
    }

    @Test func `a batch keeps the order of calls, notifications and faults`() throws {
        let text = """
            [
                {"jsonrpc": "2.0", "method": "sum", "params": [1, 2, 4], "id": "1"},
                {"jsonrpc": "2.0", "method": "hello", "params": [7]},
                {"foo": "boo"},
                {"jsonrpc": "2.0", "method": "get", "params": {"name": "me"}, "id": 5},
                "x"
            ]
            """
        let expected: [IncomingMessage.Call] = [
            .request(id: MessageID(token: "\"1\""), method: "sum", params: [1, 2, 4]),
            .notification(method: "hello", params: [7]), .invalid(id: .null, reason: #""jsonrpc" must be "2.0""#),
            .request(id: MessageID(token: "5"), method: "get", params: ["name": "me"]),
            .invalid(id: .null, reason: "a request is an object, not string"),
        ]
        #expect(try message(text) == .batch(expected))
    }

    @Test func `a notification about a request names its id first`() throws {
        var output = Array("before".utf8)
        let id = MessageID(token: #""\u0041""#)
        OutgoingMessage.appendNotification("progress\n", about: id, [("done", 1), ("un\"it", "bytes")], to: &output)
        let text = #"before{"jsonrpc":"2.0","method":"progress\n","params":{"id":"\u0041","done":1,"un\"it":"bytes"}}"#
        #expect(String(decoding: output, as: UTF8.self) == text)
        output = []
        OutgoingMessage.appendNotification("m", about: .null, [], to: &output)
        #expect(try JSONValue(parsing: output)["params"] == ["id": nil])
    }

    @Test(arguments: `Messages of clients`.ids)
    func `a reply carries the id byte by byte and is itself one message`(_ token: String) {
        let reply = result(["text": "line\nbreak \0"], id: token)
        #expect(reply == #"{"jsonrpc":"2.0","id":\#(token),"result":{"text":"line\nbreak \u0000"}}"#)
        #expect(SplitOutcome(of: Array(reply.utf8)).ends == [reply.utf8.count])
    }

    private func result(_ value: JSONValue, id: String) -> String {
        var output: [UInt8] = []
        OutgoingMessage.appendResult(value, id: MessageID(token: id), to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private func error(_ value: JSONValue, id: String) -> String {
        var output: [UInt8] = []
        OutgoingMessage.appendError(value, id: MessageID(token: id), to: &output)
        return String(decoding: output, as: UTF8.self)
    }
}
