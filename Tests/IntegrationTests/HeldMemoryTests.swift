// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Testing

/// What one user's connections make the daemon hold is bounded over all of them.
///
/// Each connection kept within its own limits, and some two hundred of them ended a daemon that might use 400 MB.
@Suite(.timeLimit(.minutes(2))) struct HeldMemoryTests {
    private static let limits = [
        "heldBytesPerUid": 2 << 20, "heldBytes": 8 << 20, "messageBytes": 1 << 20, "outputBytes": 2 << 20,
    ]
    private static let most = "all the memory"

    /// A ping of so many bytes.
    private func ping(_ size: Int) -> String {
        let text = #"{"jsonrpc":"2.0","id":1,"method":"ping" "#
        return text + String(repeating: " ", count: size - text.utf8.count - 1) + "}"
    }

    @Test func `messages that are not finished count together, and another user has room of its own`() throws {
        let scene = try Scene(limits: Self.limits)
        let whole = ping(900_000)
        let first = try (0..<2).map { _ in try scene.connect() }
        // More than a socket holds by itself: most of it is the daemon's by now.
        for client in first { try client.send(String(whole.dropLast())) }
        let second = try scene.connect(wrong: .requests)
        try second.send(String(whole.dropLast()))
        let refusal = try second.reply()
        #expect(refusal.errorKind == "busy" && refusal["error"]?["data"]?["retryAfterMs"]?.integer != nil)
        #expect(refusal["error"]?["message"]?.string?.contains(Self.most) == true)
        #expect(try second.line() == nil)
        let other = try scene.connect(as: Scene.otherUser)[0]
        try other.send(whole)
        #expect(try other.reply()["result"]?["pong"] == true)
        for client in first { try client.send("}") }
        for client in first { #expect(try client.reply()["result"]?["pong"] == true) }
        let third = try scene.connect()
        try third.send(whole)
        #expect(try third.reply()["result"]?["pong"] == true)
    }

    @Test func `contents of requests in flight count until they are answered`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"], limits: Self.limits)
        let client = try scene.connect()
        let content = JSONValue.string(String(repeating: "aGVsbG8K", count: 100_000))
        try client.request("scanFile", ["file": ["content": content]], id: 1)
        try waitUntil("it is in flight") {
            try scene.connect().call("status")["result"]?["requests"]?["inFlight"] == 2
        }
        let second = try scene.connect()
        let refusal = try second.call("scanFile", ["file": ["content": content]])
        #expect(refusal.errorKind == "busy" && refusal["error"]?["data"]?["retryAfterMs"]?.integer != nil)
        #expect(try second.answersPing())
        let small = try scene.connect()
        let part = JSONValue.string(String(repeating: "aGVsbG8K", count: 1000))
        try small.request("scanFile", ["file": ["content": part], "deadlineMs": 200])
        #expect(try small.reply().errorKind == "deadlineExceeded")
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#)
        #expect(try client.reply().errorKind == "cancelled")
        try client.request("scanFile", ["file": ["content": content], "deadlineMs": 200])
        #expect(try client.reply().errorKind == "deadlineExceeded")
    }

    /// What one element held was taken for its share of the batch, which other elements make as small as one likes.
    @Test func `contents in batches count whole, whatever else is in the batch`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"], limits: Self.limits)
        let content = String(repeating: "aGVsbG8K", count: 100_000)
        let scan = #"{"jsonrpc":"2.0","id":0,"method":"scanFile","params":{"file":{"content":"\#(content)"}}}"#
        let pings = (1...900).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"ping"}"# }
        let batch = "[" + ([scan] + pings).joined(separator: ",") + "]"
        let first = try scene.connect()
        try first.send(batch)
        try waitUntil("it is in flight") {
            try scene.connect().call("status")["result"]?["requests"]?["inFlight"] == 2
        }
        let second = try scene.connect()
        try second.send(batch)
        let replies = try #require(second.reply().array)
        #expect(replies.count == 901 && replies.allSatisfy { $0.errorKind == "busy" })
        try first.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":0}}"#)
        #expect(try first.reply().array?.count == 901)
        try second.request("scanFile", ["file": ["content": .string(content)], "deadlineMs": 200])
        #expect(try second.reply().errorKind == "deadlineExceeded")
    }

    @Test func `contents of many small requests count as well`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"], limits: Self.limits)
        let content = JSONValue.string(String(repeating: "aGVsbG8K", count: 1500))
        let clients = try (0..<4).map { _ in try scene.connect() }
        for id in 0..<240 {
            try clients[id % 4].request("scanFile", ["file": ["content": content]], id: .number(JSONNumber(id)))
        }
        try clients[1].request("ping", id: "last")
        var refusals = 0
        while true {
            let reply = try clients[1].reply()
            if reply["id"] == "last" { break }
            #expect(reply.errorKind == "busy" && reply["id"]?.integer != nil)
            refusals += 1
        }
        #expect(refusals > 0 && refusals < 60)
    }

    @Test func `an upload in chunks has its room set aside when it begins, and is refused then or never`() throws {
        let scene = try Scene(
            lab: ["--fault", "scanFile:hang"],
            limits: Self.limits.merging(["heldBytesPerUid": 5 << 20, "uploads": 1]) { $1 }
        )
        let client = try scene.connect()
        let piece = [UInt8](repeating: 7, count: 60_000)
        try client.beginUpload(id: 1)
        for _ in 0..<9 { try client.chunk(id: 1, piece) }
        // Another connection, since the first is not read while a buffer is full.
        let second = try scene.connect()
        for id in 2...3 { try second.beginUpload(id: .number(JSONNumber(id))) }
        let refusal = try second.reply()
        #expect(refusal["id"] == 3 && refusal.errorKind == "busy", "\(refusal.text)")
        // With what it needs more than that there is less room than it may have by then.
        for _ in 0..<18 { try second.chunk(id: 2, piece) }
        #expect(try scene.connect().answersPing())
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#)
        #expect(try client.reply().errorKind == "cancelled")
        try client.beginUpload(id: 4)
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":4}}"#)
        #expect(try client.reply().errorKind == "cancelled")
    }

    @Test func `who holds little is served though others take it all`() throws {
        let scene = try Scene(limits: Self.limits.merging(["heldBytes": 2 << 20]) { $1 })
        let unfinished = String(ping(1_000_000).dropLast())
        let greedy = try (0..<3).map { _ in try scene.connect() }
        for (client, message) in zip(greedy, [unfinished, unfinished, String(ping(100_000).dropLast())]) {
            try client.send(message)
        }
        // What the sockets hold is read a piece a turn, and each of these takes a turn at least.
        let turns = try scene.connect()
        for _ in 0..<16 { #expect(try turns.answersPing()) }
        let other = try scene.connect(as: Scene.otherUser, count: 2)
        let small = ping(120_000)
        try other[0].send(small)
        #expect(try other[0].reply()["result"]?["pong"] == true)
        try other[1].send(unfinished)
        let refusal = try other[1].reply()
        #expect(refusal.errorKind == "busy")
        #expect(refusal["error"]?["message"]?.string?.contains("all callers'") == true)
    }

    @Test func `replies that nobody reads count together`() throws {
        let scene = try Scene(limits: Self.limits)
        let request = #"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#
        let deaf = try (0..<8).map { _ in try scene.connect() }
        let other = try scene.connect(as: Scene.otherUser)[0]
        let size = try other.call("rpc.discover").text.utf8.count
        // Each holds what its socket does not take.
        for client in deaf { try client.send(String(repeating: request, count: 800_000 / size)) }
        try waitUntil("some are given up") { try other.call("status")["result"]?["requests"]?["failed"] != 0 }
        #expect(try other.call("rpc.discover")["result"] != nil)
        for client in deaf { client.endInput() }
        let refused = deaf.count { client in
            var last: JSONValue?
            // One that was given up is cut off a second later, whatever it has read by then.
            do { while let line = try client.line() { last = try JSONValue(parsing: line) } } catch { return true }
            return last?["error"]?["message"]?.string?.contains(Self.most) == true
        }
        #expect(refused > 0)
        let reader = try scene.connect()
        try reader.send(request)
        #expect(try reader.reply()["result"] != nil)
    }

    @Test func `replies that wait for the rest of their batch count, and the rest is answered`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"], limits: Self.limits)
        let client = try scene.connect()
        let other = try scene.connect()
        // With this there is less room than one batch may have.
        try other.send(String(ping(900_000).dropLast()))
        let scan =
            #"{"jsonrpc":"2.0","id":"scan","method":"scanFile","params":{"file":{"content":""},"deadlineMs":1500}}"#
        let discovers = (0..<60).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"rpc.discover"}"# }
        try client.send("[" + ([scan] + discovers).joined(separator: ",") + "]")
        let replies = try #require(client.reply().array)
        #expect(replies.count == 61)
        #expect(replies.filter { $0["result"] != nil }.count >= 3)
        let refused = replies.filter { $0.errorKind == "replyTooLarge" }
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0["error"]?["message"]?.string?.contains(Self.most) == true })
        #expect(replies.contains { $0.errorKind == "deadlineExceeded" })
        try other.send("}")
        #expect(try other.reply()["result"]?["pong"] == true)
        // All of it is free again.
        try client.send(ping(900_000))
        #expect(try client.reply()["result"]?["pong"] == true)
    }
}
