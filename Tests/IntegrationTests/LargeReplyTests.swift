// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// Many large replies at once, as calls of a Security Center bring them.
@Suite(.timeLimit(.minutes(1))) struct LargeReplyTests {
    private static let limits = ["outputBytes": 1 << 20]

    /// Requests in one piece whose replies are larger than a socket's buffer, and ten times `outputBytes` together.
    private static let requests: String = {
        let calls = (1...3).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"rpc.discover"}"# }
        return String(repeating: "[" + calls.joined(separator: ",") + "]", count: 30)
    }()

    /// They were ready before it could have taken the first, and cost the connection and all that it waited for.
    @Test func `a caller that reads as fast as it can gets all of them`() throws {
        let scene = try Scene(limits: Self.limits)
        let client = try scene.connect()
        try client.send(Self.requests)
        for _ in 0..<30 {
            let replies = try client.reply().array ?? []
            #expect(replies.count == 3 && replies.allSatisfy { $0["result"]?["methods"] != nil })
        }
        #expect(try client.answersPing())
    }

    /// It was judged by the reply that came last, before it was offered any of those before.
    @Test func `a caller of large replies is not cut off by a small one after them`() throws {
        let scene = try Scene(limits: Self.limits)
        let client = try scene.connect()
        let batch = Self.requests.prefix { $0 != "]" } + "]"
        let single = #"{"jsonrpc":"2.0","id":9,"method":"rpc.discover"}"#
        try client.send(String(repeating: String(batch), count: 2) + String(repeating: single, count: 4))
        for _ in 0..<6 { #expect(try client.reply().isNull == false) }
        #expect(try client.answersPing())
    }

    @Test func `a caller that takes none of them is given up while others are served`() throws {
        let scene = try Scene(limits: Self.limits)
        let deaf = try scene.connect()
        let other = try scene.connect()
        try deaf.send(Self.requests)
        try waitUntil("the deaf reader is given up") {
            let status = try other.call("status")["result"]
            return status?["requests"]?["failed"] == 1 && status?["connections"]?["open"] == 1
        }
        withExtendedLifetime(deaf) {}
    }
}
