// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Each limit of contract section 3 at its edge: what is exactly at the limit works, one more gets a clear error.
@Suite(.timeLimit(.minutes(2))) struct LimitTests {
    @Test func `a message of exactly the limit is read and one byte more is refused`() throws {
        let scene = try Scene(limits: ["messageBytes": 65536])
        func ping(_ size: Int) -> String {
            let text = #"{"jsonrpc":"2.0","id":1,"method":"ping" "#
            return text + String(repeating: " ", count: size - text.utf8.count - 1) + "}"
        }
        let client = try scene.connect()
        try client.send(ping(65536))
        #expect(try client.reply()["result"]?["pong"] == true)
        try client.send(ping(65537))
        try expectRefusal(client, "65536 bytes")
        #expect(try scene.connect().answersPing())
    }

    @Test func `the configured nesting is read and one level more is refused`() throws {
        let scene = try Scene(limits: ["nesting": 8])
        func nested(_ depth: Int) -> String {
            let brackets = String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
            return #"{"jsonrpc":"2.0","id":1,"method":"ping","params":\#(brackets)}"#
        }
        let client = try scene.connect(wrong: .requests)
        try client.send(nested(8))
        #expect(try client.reply().errorKind == "invalidParams")
        try client.send(nested(9))
        try expectRefusal(client, "8 levels")
    }

    @Test func `a message carries as many descriptors as configured and one more is refused`() throws {
        let scene = try Scene(limits: ["descriptorsPerMessage": 2])
        let file = try scene.file("hello\n")
        let client = try scene.connect()
        let scans = (0..<3).map {
            #"{"jsonrpc":"2.0","id":\#($0),"method":"scanFile","params":{"file":{"fd":\#($0)}}}"#
        }
        try client.send("[\(scans[0]),\(scans[1])]", [file.number, file.number])
        #expect(try client.reply().array?.compactMap(\.verdict) == ["clean", "clean"])
        try client.send("[\(scans.joined(separator: ","))]", [file.number, file.number, file.number])
        try expectRefusal(client, "2 descriptors")
        #expect(try scene.connect().answersPing())
    }

    @Test func `an id is as long as configured, and a request with a longer one is refused`() throws {
        let scene = try Scene(limits: ["idBytes": 64])
        let client = try scene.connect()
        let id = String(repeating: "x", count: 62)
        #expect(try client.call("status")["result"]?["limits"]?["idBytes"] == 64)
        try client.request("ping", id: .string(id))
        #expect(try client.reply()["id"] == .string(id))
        try client.request("ping", id: .string(id + "x"))
        let refusal = try client.reply()
        #expect(refusal.errorKind == "invalidRequest" && refusal["id"] == .null)
        #expect(try client.answersPing())
    }

    @Test func `a message has as many values as configured and one more is refused`() throws {
        let scene = try Scene(limits: ["valuesPerMessage": 256])
        func ping(_ values: Int) -> String {
            // The request, its three strings and the array are five.
            let elements = [String](repeating: "1", count: values - 5).joined(separator: ",")
            return #"{"jsonrpc":"2.0","id":1,"method":"ping","params":[\#(elements)]}"#
        }
        let client = try scene.connect(wrong: .requests)
        try client.send(ping(256))
        #expect(try client.reply().errorKind == "invalidParams")
        try client.send(ping(257))
        try expectRefusal(client, "256 values")
        let second = try scene.connect(wrong: .requests)
        try second.send("[" + [String](repeating: "{}", count: 257).joined(separator: ",") + "]")
        try expectRefusal(second, "256 values")
    }

    @Test func `a batch has as many requests as configured and one more is refused`() throws {
        let scene = try Scene(limits: ["batchElements": 3])
        let client = try scene.connect(wrong: .requests)
        let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
        try client.send("[\(ping),\(ping),\(ping)]")
        #expect(try client.reply().array?.count == 3)
        try client.send("[1,2,3,4]")
        try expectRefusal(client, "3 elements")
    }

    @Test func `a connection has as many requests in flight as configured, and stays when it asks for more`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"], limits: ["requestsPerConnection": 2])
        let client = try scene.connect()
        try begin(scene, client, ["a", "b"])
        let refusal = try client.call("ping")
        #expect(refusal.errorKind == "busy")
        #expect(refusal["error"]?["data"]?["retryAfterMs"]?.integer ?? 0 > 0)
        #expect(try scene.connect().answersPing())
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}}"#)
        #expect(try client.reply().errorKind == "cancelled")
        #expect(try client.answersPing())
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `a user has as many requests in flight as configured, over all connections, and others have theirs`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"], limits: ["requestsPerUid": 2])
        let clients = try [scene.connect(), scene.connect()]
        for client in clients { try begin(scene, client, ["a"]) }
        #expect(try scene.connect().call("ping").errorKind == "busy")
        #expect(try scene.connect(as: Scene.otherUser)[0].answersPing())
        try clients[0].send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}}"#)
        #expect(try clients[0].reply().errorKind == "cancelled")
        #expect(try clients[0].answersPing())
    }

    @Test(arguments: ["requestsPerConnection", "requestsPerUid"])
    func `the program scans a whole folder where fewer requests are allowed at once than it wants`(_ limit: String)
        throws
    {
        let scene = try Scene(lab: ["--fault", "scanFile:latency=20"], limits: [limit: 3])
        try scene.folder.makeFolder("d")
        for number in 0..<40 { try scene.folder.write("d/\(number)", number == 7 ? eicar : "hello\n") }
        let program = try ChildProgram(
            ChildProgram.builtPrograms + "/gatehouse",
            ["scan", "-r", "-j", "16", "--socket", scene.daemon.socket, scene.folder.path("d")],
            errorLog: scene.folder.path("scan.log")
        )
        let lines = program.readAll().split(separator: "\n")
        #expect(program.waitForEnd() == 1, "\(program.errors)")
        #expect(lines.count == 40 && lines.count { $0.hasSuffix(": OK") } == 39)
    }

    @Test func `one connection too many gets its line even when it says nothing, and room comes back`() throws {
        let scene = try Scene(limits: ["connections": 3])
        var clients = try (0..<3).map { _ in try scene.connect() }
        for client in clients { #expect(try client.answersPing()) }
        try expectRefusal(try scene.connect(), "too many connections")
        clients.removeLast()
        try waitUntilServed(scene)
        for client in clients { #expect(try client.answersPing()) }
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `a user's connections are bounded, and others have theirs`() throws {
        let scene = try Scene(limits: ["connectionsPerUid": 2])
        var clients = try (0..<2).map { _ in try scene.connect() }
        for client in clients { #expect(try client.answersPing()) }
        try expectRefusal(try scene.connect(), "user 0 has too many connections")
        for other in try scene.connect(as: Scene.otherUser, count: 2) { #expect(try other.answersPing()) }
        clients.removeLast()
        try waitUntilServed(scene)
    }

    @Test func `half a message is refused after its time while others are served`() throws {
        let scene = try Scene(limits: ["messageTimeoutMs": 200])
        let half = try scene.connect()
        #expect(try half.answersPing())
        try half.send(#"{"jsonrpc":"2.0","id":1,"#)
        let other = try scene.connect()
        for _ in 0..<50 { #expect(try other.answersPing()) }
        try expectRefusal(half, "not finished")
        #expect(try other.answersPing())
    }

    /// The time was once that of the first message of many: a caller that sent one after the other without a pause, so
    /// that no read ended between two of them, was cut off in the middle of its work.
    @Test func `each message has the time for itself, however many come without a pause`() throws {
        let scene = try Scene(limits: ["messageTimeoutMs": 1500])
        let client = try scene.connect()
        let (beginning, rest) = (#"{"jsonrpc":"2.0","id":1,"#, #""method":"ping"}"#)
        try client.send(beginning)
        let end = ContinuousClock.now + .seconds(4)
        while ContinuousClock.now < end {
            try client.send(rest + beginning)
            #expect(try client.reply()["id"] == 1)
        }
        try expectRefusal(client, "not finished")
    }

    @Test func `messages that came in one read are answered in order, then what is wrong behind them`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let pings = (0..<300).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"ping"}"# }.joined()
        try client.send(pings + "}")
        for id in 0..<300 { #expect(try client.reply()["id"]?.integer == Int64(id)) }
        #expect(try client.reply().errorKind == "parseError")
        #expect(try client.line() == nil)
        let ending = try scene.connect()
        try ending.send(pings + #"{"jsonrpc":"2.0","id":300,"method":"ping"#)
        for id in 0..<300 { #expect(try ending.reply()["id"]?.integer == Int64(id)) }
        try ending.send(#""}"#)
        #expect(try ending.reply()["id"] == 300)
        try ending.send(pings)
        ending.endInput()
        for id in 0..<300 { #expect(try ending.reply()["id"]?.integer == Int64(id)) }
        #expect(try ending.line() == nil)
    }

    @Test func `descriptors stay with their message in a flood`() throws {
        let scene = try Scene()
        let file = try scene.file(eicar)
        let client = try scene.connect()
        let pings = String(repeating: #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, count: 200)
        try client.send(
            pings + #"{"jsonrpc":"2.0","id":"s","method":"scanFile","params":{"file":{"fd":0}}}"#,
            [file.number]
        )
        for _ in 0..<200 { #expect(try client.reply()["id"] == 1) }
        #expect(try client.reply().verdict == "infected")
    }

    @Test func `a reader that falls behind by less than the limit gets everything`() throws {
        let scene = try Scene(limits: ["outputBytes": 65536])
        let client = try scene.connect()
        for _ in 0..<40 { try client.request("status") }
        for _ in 0..<40 { #expect(try client.reply()["result"]?["version"] != nil) }
    }

    @Test func `a reader that falls behind by more is told so and closed while others are served`() throws {
        let scene = try Scene(limits: ["outputBytes": 65536])
        let deaf = try scene.connect()
        let other = try scene.connect()
        // In one piece, so that it is sent whole; the answers are more than the socket's own buffer.
        try deaf.send(String(repeating: #"{"jsonrpc":"2.0","id":1,"method":"status"}"#, count: 500))
        try waitUntil("the deaf reader is given up") {
            try other.call("status")["result"]?["requests"]?["failed"] != 0
        }
        var last: JSONValue?
        while let line = try deaf.line() { last = try JSONValue(parsing: line) }
        #expect(last?.errorKind == "limitExceeded")
        #expect(try other.answersPing())
    }

    @Test func `a reader that never reads is closed all the same`() throws {
        let scene = try Scene(limits: ["outputBytes": 65536])
        let deaf = try scene.connect()
        for _ in 0..<1000 {
            do { try deaf.request("status") } catch { break }
        }
        for _ in 0..<1000 {
            if try scene.connect().call("status")["result"]?["connections"]?["open"] == 1 { break }
            pause(milliseconds: 5)
        }
        #expect(try scene.connect().call("status")["result"]?["requests"]?["inFlight"] == 1)
        withExtendedLifetime(deaf) {}
    }

    @Test func `uploads over the limit wait in their order, and who cancels leaves the line`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang,times=1"], limits: ["uploads": 1])
        let client = try scene.connect()
        try begin(scene, client, ["a"])
        try waitForUpload(scene)
        // A scan joins the line once its size is known. A descriptor is looked at by another thread, and of two that come at
        // the same time either may be the first to be through: with descriptors this saw d before b.
        for id in ["b", "c", "d", "e"] {
            try client.request("scanFile", ["file": ["content": "aGVsbG8K"]], id: .string(id))
        }
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"c"}}"#)
        #expect(try client.reply()["id"] == "c")
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}}"#)
        let replies = try (0..<4).map { _ in try client.reply() }
        #expect(replies.map { $0["id"]?.string } == ["a", "b", "d", "e"])
        #expect(replies.dropFirst().map(\.verdict) == ["clean", "clean", "clean"])
        #expect(try scene.lab.count("scanFile") == 4)
    }

    @Test func `an answer that no reader could take is an error of its own, and the others' answers stay`() throws {
        let scene = try Scene(limits: ["outputBytes": 65536])
        let client = try scene.connect()
        try client.request("ping", id: 1)
        try client.request("rpc.discover", id: 2)
        try client.request("ping", id: 3)
        let replies = try (0..<3).map { _ in try client.reply() }
        #expect(replies.map { $0["id"]?.integer } == [1, 2, 3])
        #expect(replies[1].errorKind == "replyTooLarge")
        #expect(replies[0]["result"]?["pong"] == true && replies[2]["result"]?["pong"] == true)
        #expect(try client.call("status")["result"]?["requests"]?["failed"] == 1)
    }

    // The batch was sent as a whole or not at all: one large answer cost the connection and every other answer in it.
    @Test func `an answer that is too large for its batch is an error of its own there`() throws {
        let scene = try Scene(limits: ["outputBytes": 65536])
        let client = try scene.connect()
        let calls: [JSONValue] = [("ping", 1), ("rpc.discover", 2), ("ping", 3)].map {
            ["jsonrpc": "2.0", "method": .string($0.0), "id": .number(JSONNumber(Int64($0.1)))]
        }
        try client.send(JSONValue.array(calls).text)
        let replies = try #require(client.reply().array)
        #expect(replies.map { $0["id"]?.integer } == [1, 2, 3])
        #expect(replies[1].errorKind == "replyTooLarge")
        #expect(replies[0]["result"]?["pong"] == true && replies[2]["result"]?["pong"] == true)
        #expect(try client.call("ping")["result"]?["pong"] == true)
    }

    @Test func `what callers may hold is room for the largest message, whatever that is`() throws {
        let scene = try Scene(limits: ["messageBytes": 256 << 20])
        let limits = try scene.connect().call("status")["result"]?["limits"]
        #expect(limits?["heldBytesPerUid"] == 536_870_912 && limits?["heldBytes"] == 536_870_912)
    }

    @Test func `status shows every limit as configured`() throws {
        let limits = [
            "messageBytes": 65536, "nesting": 9, "descriptorsPerMessage": 3, "requestsPerConnection": 4,
            "requestsPerUid": 5, "connections": 6, "connectionsPerUid": 7, "messageTimeoutMs": 800,
            "outputBytes": 65537, "readerThreads": 10, "readerThreadsPerUid": 11, "uploads": 12, "uploadsPerUid": 13,
            "descriptorsPerUid": 14, "batchElements": 15, "valuesPerMessage": 300, "gateways": 16, "gatewaysPerUid": 17,
            "waitingScans": 18, "idBytes": 99, "heldBytesPerUid": 1 << 21, "heldBytes": 1 << 22,
        ]
        let scene = try Scene(limits: limits)
        let shown = try scene.connect().call("status")["result"]?["limits"]?.object?.members ?? []
        #expect(shown.count == limits.count)
        for (name, value) in shown { #expect(value.integer == limits[name].map(Int64.init), "\(name)") }
    }

    /// The slots were once all profiles' own together.
    @Test func `an engine that hangs holds the uploads of its own profile alone`() throws {
        let folder = try TemporaryFolder()
        let engine = try EngineStandIn(.clamd, at: folder.path("engine"))
        let scene = try Scene(limits: ["uploads": 2, "uploadsPerUid": 1], in: folder) { configuration, _ in
            configuration.replacing(
                "\nprofiles:\n",
                with: "\nprofiles:\n  local: {engine: clamd, socket: \(engine.path)}\n"
            )
        }
        scene.companion = engine
        try scene.lab.fault("scanFile:hang")
        let client = try scene.connect()
        try begin(scene, client, ["hangs", "waits"])
        try waitUntil("the engine has it") { try scene.lab.count("scanFile") == 1 }
        let other = try scene.connect()
        #expect(try other.call("scanFile", ["profile": "local", "file": ["content": ""]]).verdict == "clean")
        #expect(try scene.lab.count("scanFile") == 1)
    }

    /// libcurl's bound for one host was once that of one profile's uploads, and a few for tokens.
    @Test func `profiles with one gateway have connections for all of their uploads`() throws {
        let scene = try Scene(limits: ["uploads": 16, "uploadsPerUid": 16]) { configuration, _ in
            let profile = try #require(configuration.firstMatch(of: /\n  lab:\n(?:    .*\n)+/)).output
            return configuration.replacing(
                profile,
                with: profile + profile.dropFirst().replacing("  lab:", with: "  two:")
            )
        }
        for profile in ["lab", "two"] {
            let reply = try scene.scan("hello", [("profile", .string(profile))])
            #expect(reply.verdict == "clean", "\(reply.text)")
        }
        try scene.lab.fault("scanFile:hang")
        let client = try scene.connect()
        for (index, profile) in (Array(repeating: "lab", count: 16) + Array(repeating: "two", count: 16)).enumerated() {
            let params: JSONValue = ["profile": .string(profile), "file": ["content": ""]]
            try client.request("scanFile", params, id: .number(JSONNumber(index)))
        }
        try waitUntil("all to be sent") { try scene.lab.count("scanFile") == 34 }
    }

    // MARK: Steps

    private func begin(_ scene: Scene, _ client: WireClient, _ ids: [String]) throws {
        for id in ids {
            let file = try scene.file("hello\n", name: "file-\(UInt32.random(in: 0 ... .max))")
            try client.request("scanFile", ["file": ["fd": 0]], id: .string(id), [file.number])
        }
    }

    /// The one readable error, then the end.
    private func expectRefusal(_ client: WireClient, _ text: String) throws {
        let reply = try client.reply()
        #expect(reply.errorKind == "limitExceeded")
        #expect(reply["id"] == JSONValue.null)
        #expect(reply["error"]?["message"]?.string?.contains(text) == true, "\(reply.text)")
        #expect(reply["error"]?["data"]?["retryable"] == .bool(text.contains("connections")))
        // The kind's own hint is about what is too large.
        let isTooLarge = !text.contains("connections") && !text.contains("not finished")
        #expect(reply["error"]?["data"]?["hint"]?.string?.contains("limits.") == !isTooLarge, "\(reply.text)")
        #expect(try client.line() == nil)
    }

    /// A connection that has gone is noticed in its turn.
    private func waitUntilServed(_ scene: Scene) throws {
        for _ in 0..<1000 {
            let client = try scene.connect()
            do {
                try client.request("ping")
                if try client.reply()["result"]?["pong"] == true { return }
            } catch is SystemError {}
            pause(milliseconds: 5)
        }
        Issue.record("there is no room again")
    }

    private func waitForUpload(_ scene: Scene) throws {
        for _ in 0..<2000 {
            if try scene.lab.count("scanFile") > 0 { return }
            pause(milliseconds: 5)
        }
        throw TestFault("the upload did not arrive")
    }
}
