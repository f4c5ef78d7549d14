// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// The plan's limits: kept by the daemon itself, and believed when the gateway says so.
@Suite struct PacingTests {
    private func scene(plan: String, limits: [String: Int] = [:]) throws -> Scene {
        try Scene(limits: limits) { configuration, _ in
            configuration.replacing("engine: spe", with: "engine: spe\n    plan: {\(plan)}")
        }
    }

    private func retryAfter(_ reply: JSONValue) -> Int64? { reply["error"]?["data"]?["retryAfterMs"]?.integer }

    private func plan(_ scene: Scene) throws -> JSONValue? {
        try scene.connect().call("tokenStatus")["result"]?["profiles"]?.array?.first?["plan"]
    }

    @Test func `what the plan does not allow in time is refused at once, and says when it does`() throws {
        // One call is the token's.
        let scene = try scene(plan: "perHour: 3")
        for _ in 0..<2 { #expect(try scene.scan("hello\n").verdict == "clean") }
        let reply = try scene.scan("hello\n", [("deadlineMs", 500)])
        #expect(reply.errorKind == "busy", "\(reply.text)")
        #expect(reply["error"]?["data"]?["retryable"] == true)
        let wait = try #require(retryAfter(reply))
        #expect(wait > 500 && wait <= 3_600_300)
        #expect(try scene.lab.count("scanFile") == 2)
        let hour = try plan(scene)?["hour"]
        #expect(hour?["limit"] == 3)
        #expect(hour?["used"] == 3)
    }

    @Test func `a scan that the gateway refuses for a second waits and is sent again`() throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        try scene.lab.fault("scanFile:status=429,times=1")
        try scene.lab.fault("scanFile:retryAfter=1,times=1")
        #expect(try scene.scan(eicar).verdict == "infected")
        #expect(try scene.lab.count("scanFile") == 3)
        let statuses = try scene.lab.requests().filter { $0["operation"] == "scanFile" }.map { $0["status"] }
        #expect(statuses == [200, 429, 200])
    }

    @Test func `a token that the gateway refuses for a second is asked for again`() throws {
        let scene = try Scene()
        try scene.lab.fault("authentication:status=429,times=1")
        try scene.lab.fault("authentication:retryAfter=1,times=1")
        #expect(try scene.scan("hello\n").verdict == "clean")
        #expect(try scene.lab.count("authentication") == 2)
    }

    @Test func `a refusal without a time holds everybody until the next minute, and nobody asks meanwhile`() throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        try scene.lab.fault("scanFile:status=429,times=1")
        let first = try scene.scan("hello\n", [("deadlineMs", 250)])
        // Within the last moment of a minute the next one comes in time.
        guard first.verdict == nil else { return }
        #expect(first.errorKind == "rateLimited", "\(first.text)")
        #expect(try #require(retryAfter(first)) < 63_000)
        let paused = try plan(scene)?["pausedUntil"]
        #expect(paused?.string != nil)
        let second = try scene.scan("hello\n", [("deadlineMs", 200)])
        #expect(second.errorKind == "busy" || second.verdict == "clean", "\(second.text)")
        if second.errorKind == "busy" { #expect(try scene.lab.count("scanFile") == 2) }
    }

    @Test func `a gateway that refuses without end is not asked without end`() throws {
        let scene = try Scene()
        try scene.lab.fault("scanFile:status=429")
        try scene.lab.fault("scanFile:retryAfter=0")
        let reply = try scene.scan("hello\n", [("deadlineMs", 20_000)])
        #expect(reply.errorKind == "rateLimited", "\(reply.text)")
        #expect(try scene.lab.count("scanFile") == 3)
        try scene.lab.clearFaults()
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    @Test func `a line of scans is bounded`() throws {
        let scene = try scene(plan: "perHour: 2", limits: ["waitingScans": 1])
        #expect(try scene.scan("hello\n").verdict == "clean")
        let client = try scene.connect()
        let other = try scene.connect()
        try client.request("scanFile", ["file": ["content": ""], "deadlineMs": 3_600_000], id: 1)
        try waitUntil("a scan waits") { try plan(scene)?["waiting"] == 1 }
        let reply = try other.call("scanFile", ["file": ["content": ""], "deadlineMs": 3_600_000])
        #expect(reply.errorKind == "busy", "\(reply.text)")
        #expect(try #require(retryAfter(reply)) > 0)
    }
}
