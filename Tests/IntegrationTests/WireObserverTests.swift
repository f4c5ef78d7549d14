// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import Testing

/// That the harness sees what it is there for.
@Suite struct WireObserverTests {
    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
    private static let pong = #"{"jsonrpc":"2.0","id":1,"result":{"pong":true,"version":"9"}}"#
    private static let error = #""message":"m","data":{"kind":"busy","retryable":true,"requestId":"r"}"#

    private static let refused = #"{"jsonrpc":"2.0","id":1,"error":{"code":-32009,"message":"m","data":{"kind":"#
    private static let wrongRequests: [String] = [
        #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1}}"#, "{}",
        #"{"jsonrpc":"2.0","id":1,"method":"pinng"}"#, #"{"id":1,"method":"ping"}"#,
        #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"scanFile"}]"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"id":1}}"#, #"{"jsonrpc":"2.0","method":"$/cancelRequest"}"#,
    ]
    private static let wrongReplies: [String] = [
        #"{"jsonrpc":"2.0","id":1,"result":{"pong":true}}"#, #"{"jsonrpc":"2.0","id":1}"#,
        #"{"id":1,"result":{"pong":true,"version":"9"}}"#, #"{"jsonrpc":"2.0","method":"no"}"#,
        #"{"jsonrpc":"2.0","id":2,"result":{"pong":true,"version":"9"}}"#,
        #"{"jsonrpc":"2.0","method":"progress","params":{"id":1}}"#,
        #"{"jsonrpc":"2.0","id":1,"error":{"code":-32002,\#(error)}}"#,
        #"{"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"m"}}"#,
        #"\#(refused)"fileRefused","retryable":false,"requestId":"r"}}}"#,
        #"\#(refused)"busy","retryable":true,"requestId":"r"}}}"#,
    ]

    @Test(arguments: wrongRequests) func `a request that breaks a schema fails the test that sees it`(_ sent: String) {
        let observer = WireObserver()
        withKnownIssue { observer.sent(Array(sent.utf8)) }
    }

    @Test(arguments: wrongReplies)
    func `a reply that breaks a schema fails the test that sees it`(_ received: String) {
        let observer = WireObserver()
        observer.sent(Array(Self.ping.utf8))
        withKnownIssue { observer.received(Array(received.utf8)) }
    }

    @Test(arguments: ["", "\n"]) func `right messages pass, however they are cut`(_ separator: String) {
        let observer = WireObserver()
        let sent = Array((Self.ping + separator + Self.ping + separator).utf8)
        for byte in sent { observer.sent([byte]) }
        for byte in (Self.pong + separator + Self.pong).utf8 { observer.received([byte]) }
        observer.sent(sent)
        observer.received(Array(#"{"jsonrpc":"2.0","id":1,"error":{"code":-32003,\#(Self.error)}}"#.utf8))
    }

    @Test func `a result for params that break the schema is a fault even where they do on purpose`() {
        let observer = WireObserver(wrong: .requests)
        observer.sent(Array(#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1}}"#.utf8))
        withKnownIssue { observer.received(Array(Self.pong.utf8)) }
    }
}
