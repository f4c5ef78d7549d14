// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Testing

/// Framing, ids, limits and hostile input against the built daemon.
@Suite struct WireTests {
    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#

    @Test(arguments: ["\n", "", " ", "\r\n", "\n\n\n"])
    func `messages stand apart by anything or nothing`(_ separator: String) throws {
        let client = try Scene().connect()
        try client.send(Self.ping + separator + Self.ping + separator + Self.ping)
        for _ in 0..<3 { #expect(try client.reply()["result"]?["pong"] == true) }
    }

    @Test func `a client that separates by NUL is answered in NUL`() throws {
        let client = try Scene().connect()
        try client.send(Array((Self.ping + "\0" + Self.ping + "\0").utf8))
        #expect(try client.reply(endingIn: 0)["result"]?["pong"] == true)
        #expect(try client.reply(endingIn: 0)["result"]?["pong"] == true)
    }

    @Test func `a request may be printed prettily and come byte by byte`() throws {
        let client = try Scene().connect()
        for byte in "{\n  \"jsonrpc\": \"2.0\",\n  \"id\": 1,\n  \"method\": \"ping\"\n}".utf8 {
            try client.send([byte])
        }
        #expect(try client.reply()["result"]?["pong"] == true)
    }

    @Test(arguments: [
        "1", "-1", "1.0", "1e3", "123456789012345678901234567890", #""a""#, #""\u0041""#, #""""#, "null",
    ])
    func `an id comes back exactly as it was written`(_ id: String) throws {
        let client = try Scene().connect()
        try client.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"ping"}"#)
        #expect(try client.line()?.hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"result""#) == true)
    }

    @Test func `an id of 1024 bytes comes back and a longer one is refused`() throws {
        let client = try Scene().connect()
        let id = String(repeating: "x", count: 1022)
        try client.request("ping", id: .string(id))
        #expect(try client.reply()["id"] == .string(id))
        try client.request("ping", id: .string(id + "x"))
        #expect(try client.reply().errorKind == "invalidRequest")
    }

    @Test func `an id that is in flight is refused, and free again afterwards`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:latency=300,times=1"])
        let file = try scene.file("hello\n")
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0]], id: "x", [file.number])
        try client.request("ping", id: "x")
        #expect(try client.reply().errorKind == "duplicateId")
        #expect(try client.reply()["id"] == "x")
        try client.request("ping", id: "x")
        #expect(try client.reply()["result"]?["pong"] == true)
    }

    @Test func `an id of a batch is in flight until the whole batch is answered`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:latency=300,times=1"])
        let client = try scene.connect()
        let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
        let scan = #"{"jsonrpc":"2.0","id":2,"method":"scanFile","params":{"file":{"content":"aGVsbG8="}}}"#
        let again = scan.replacing("\"id\":2", with: "\"id\":1")
        try client.send("[\(ping),\(scan),\(again)]")
        try client.send(ping)
        #expect(try client.reply().errorKind == "duplicateId")
        let replies = try client.reply().array ?? []
        #expect(replies.map(\.errorKind) == [nil, "duplicateId", nil])
        #expect(replies.map { $0["id"] } == [1, 1, 2])
        try client.send(ping)
        #expect(try client.reply()["result"]?["pong"] == true)
    }

    @Test func `notifications are never answered`() throws {
        let client = try Scene().connect(wrong: .requests)
        try client.send(#"{"jsonrpc":"2.0","method":"ping"}{"jsonrpc":"2.0","method":"nothing"}"#)
        try client.send(#"[{"jsonrpc":"2.0","method":"ping"}]"#)
        try client.request("ping", id: 5)
        #expect(try client.reply()["id"] == 5)
    }

    @Test(arguments: [
        ("[]", "invalidRequest"), ("{}", "invalidRequest"),
        (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "invalidRequest"),
        (#"{"jsonrpc":"2.0","id":1,"method":7}"#, "invalidRequest"),
        (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, "invalidRequest"),
        (#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, "invalidRequest"),
        (#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#, "methodNotFound"),
        (#"{"jsonrpc":"2.0","id":1,"method":"Ping"}"#, "methodNotFound"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1}}"#, "invalidParams"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, "invalidParams"),
        (#"{"jsonrpc":"2.0","id":1,"method":"scanFile"}"#, "invalidParams"),
        (#"{"jsonrpc":"2.0","id":1,"method":"scanFile","params":{"file":{"path":"/etc/passwd"}}}"#, "passADescriptor"),
        (#"{"jsonrpc":"2.0","id":1,"method":"scanFile","params":{"file":{"content":"%%%"}}}"#, "invalidParams"),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"scanFile","params":{"file":{"content":""},"profile":"no"}}"#,
            "unknownProfile"
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"scanFile","params":{"file":{"content":""},"deadlineMs":0}}"#,
            "invalidParams"
        ),
    ])
    func `a request that is wrong is answered and the connection stays`(_ text: String, _ kind: String) throws {
        let client = try Scene().connect(wrong: .requests)
        try client.send(text + "\n")
        #expect(try client.reply().errorKind == kind)
        #expect(try client.call("ping")["result"]?["pong"] == true)
    }

    @Test func `every violation is told with its place`() throws {
        let client = try Scene().connect(wrong: .requests)
        let reply = try client.call("scanFile", ["filee": 1, "file": ["content": ""], "name": 7, "deadlineMs": "x"])
        let violations = reply["error"]?["data"]?["violations"]?.array ?? []
        #expect(Set(violations.compactMap { $0["path"]?.string }) == ["/filee", "/name", "/deadlineMs"])
    }

    @Test(arguments: [
        "hello\n", "}", "{\"a\":}", #"{"jsonrpc":"2.0","id":1,"method":"pi"# + "\n", #"{"a":tru3"#, "\"text\"", "1",
        "null",
        #"{"a":"\ud800"}"#,
    ])
    func `what is no message is answered once, with id null, and the connection is closed`(_ text: String) throws {
        let client = try Scene().connect()
        try client.send(Self.ping + text)
        #expect(try client.reply()["id"] == 1)
        let reply = try client.reply()
        #expect(["parseError", "invalidRequest"].contains(reply.errorKind))
        #expect(reply["id"] == JSONValue.null)
        #expect(try client.line() == nil)
    }

    @Test func `bytes that are no UTF-8 are malformed`() throws {
        let client = try Scene().connect()
        try client.send(Array(#"{"jsonrpc":"2.0","id":1,"method":"p"#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8))
        #expect(try client.reply().errorKind == "parseError")
        #expect(try client.line() == nil)
    }

    @Test(arguments: [Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]])
    func `HTTP and TLS get one readable line`(_ bytes: [UInt8]) throws {
        let client = try Scene().connect()
        try client.send(bytes)
        #expect(try client.line()?.contains("JSON-RPC") == true)
        #expect(try client.line() == nil)
    }

    @Test func `a message over the limit is refused after the earlier ones are answered`() throws {
        let client = try Scene().connect()
        try client.send(Self.ping)
        try? client.send(Array(#"{"a":""#.utf8) + [UInt8](repeating: 0x61, count: 5 << 20))
        #expect(try client.reply()["id"] == 1)
        #expect(try client.reply().errorKind == "limitExceeded")
        #expect(try client.line() == nil)
    }

    @Test func `nesting at the limit is read and one level more is refused`() throws {
        let scene = try Scene()
        func nested(_ depth: Int) -> String {
            #"{"jsonrpc":"2.0","id":1,"method":"ping","params":"# + String(repeating: "[", count: depth - 1)
                + String(repeating: "]", count: depth - 1) + "}"
        }
        let first = try scene.connect(wrong: .requests)
        try first.send(nested(64))
        #expect(try first.reply().errorKind == "invalidParams")
        let second = try scene.connect()
        try second.send(nested(65))
        #expect(try second.reply().errorKind == "limitExceeded")
    }

    @Test func `a client that ends its input gets its answers, then the end`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:latency=200"])
        let file = try scene.file("hello\n")
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0]], [file.number])
        client.endInput()
        #expect(try client.reply().verdict == "clean")
        #expect(try client.line() == nil)
    }

    @Test func `a client that stops inside a message is told so`() throws {
        let client = try Scene().connect()
        try client.send(#"{"jsonrpc":"2.0""#)
        client.endInput()
        #expect(try client.reply().errorKind == "parseError")
        #expect(try client.line() == nil)
    }

    @Test func `others are served while one client has sent half a message and another never reads`() throws {
        let scene = try Scene()
        let half = try scene.connect()
        try half.send(#"{"jsonrpc":"2.0","id":1,"meth"#)
        let deaf = try scene.connect()
        for _ in 0..<500 { try deaf.request("status") }
        let client = try scene.connect()
        for _ in 0..<100 { #expect(try client.call("ping")["result"]?["pong"] == true) }
        try half.send(#"od":"ping"}"#)
        #expect(try half.reply()["result"]?["pong"] == true)
    }
}
