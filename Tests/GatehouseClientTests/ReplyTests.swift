// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseClient
import GatehouseWire
import Testing

@Suite struct ReplyTests {
    private static let two = Array(
        """
        {"jsonrpc":"2.0","id":7,"result":{"a":"ä"}}

        {"jsonrpc":"2.0","id":8,"error":{"code":-32003,"message":"busy","data":{"kind":"busy","retryable":true}}}

        """.utf8
    )

    private func replies(_ chunks: [ArraySlice<UInt8>]) throws -> [Reply] {
        var buffer = ReplyBuffer()
        var replies: [Reply] = []
        for chunk in chunks {
            chunk.withUnsafeBytes { buffer.append($0) }
            while let reply = try buffer.next() { replies.append(reply) }
        }
        #expect(!buffer.holdsPartOfAReply)
        return replies
    }

    @Test func `replies are the same wherever their bytes are cut`() throws {
        let whole = try replies([Self.two[...]])
        #expect(whole.count == 2)
        for cut in Self.two.indices {
            #expect(try replies([Self.two[..<cut], Self.two[cut...]]) == whole)
        }
        #expect(try replies(Self.two.indices.map { Self.two[$0...$0] }) == whole)
    }

    @Test func `a reply that is not complete waits`() throws {
        var buffer = ReplyBuffer()
        Self.two[..<20].withUnsafeBytes { buffer.append($0) }
        #expect(try buffer.next() == nil)
        #expect(buffer.holdsPartOfAReply)
    }

    @Test func `a reply that never ends is refused at its limit`() throws {
        var buffer = ReplyBuffer()
        let chunk = [UInt8](repeating: UInt8(ascii: " "), count: 1024 * 1024)
        for _ in 0..<16 {
            chunk.withUnsafeBytes { buffer.append($0) }
            #expect(try buffer.next() == nil)
        }
        [1].withUnsafeBytes { buffer.append($0) }
        #expect(throws: ClientError.self) { try buffer.next() }
    }

    @Test(arguments: [
        "nonsense", "[]", "{}", "1", #"{"jsonrpc":"1.0","id":1,"result":1}"#, #"{"jsonrpc":"2.0","id":1}"#,
        #"{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"m"}}"#,
        #"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"m"}}"#,
        #"{"jsonrpc":"2.0","id":1,"error":{"message":"m"}}"#, #"{"jsonrpc":"2.0","id":"1","result":1}"#,
        #"{"jsonrpc":"2.0","id":1.0,"result":1}"#, #"{"jsonrpc":"2.0","id":-0,"result":1}"#,
        #"{"jsonrpc":"2.0","id":1e0,"result":1}"#,
        #"{"jsonrpc":"2.0","id":null,"result":1}"#, #"{"jsonrpc":"2.0","result":1}"#,
        #"{"jsonrpc":"2.0","id":99999999999999999999,"result":1}"#, #"{"jsonrpc":"2.0","id":1,"method":"m"}"#,
        #"{"jsonrpc":"2.0","method":1}"#, #"{"jsonrpc":"2.0","id":1,"result":1}x"#,
        #"{"jsonrpc":"2.0","id":1,"result":1,"result":2}"#, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"\u{1}\"}",
        String(repeating: "[", count: 1_000_000),
    ])
    func `what is no reply is a violation`(_ line: String) {
        #expect {
            try Reply(line: Array(line.utf8))
        } throws: { error in
            guard case .protocolViolation? = error as? ClientError else { return false }
            return true
        }
    }

    @Test func `an error without an id is told apart`() throws {
        let line = #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no JSON"}}"#
        guard case .fault(let error) = try Reply(line: Array(line.utf8)) else {
            Issue.record("not a fault")
            return
        }
        #expect(error.error.code == -32700)
        #expect(error.error.kind == .parseError)
    }

    @Test func `a notification is no reply`() throws {
        let line = #"{"jsonrpc":"2.0","method":"progress","params":{"id":1}}"#
        #expect(try Reply(line: Array(line.utf8)) == .notification(method: "progress", parameters: ["id": 1]))
    }
}
