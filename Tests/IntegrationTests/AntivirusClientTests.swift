// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// What the daemon says to the Antivirus API's servers, and how it reads their forms of an answer.
@Suite struct AntivirusClientTests {
    private func requests(_ lab: Lab, _ operation: String) throws -> [JSONValue] {
        try lab.requests().filter { $0["operation"] == .string(operation) }
    }

    @Test func `every request through the gateway has a trace id, and a scan's is that of its answer`() throws {
        let scene = try Scene()
        let reply = try scene.scan("hello\n")
        try scene.lab.revoke("access")
        #expect(try scene.scan("hello\n").verdict == "clean")
        let ids = try ["authentication", "refresh", "scanFile"].map {
            try requests(scene.lab, $0)[0]["traceId"]?.string
        }
        #expect(!ids.contains(nil))
        #expect(Set(ids).count == 3)
        #expect(try requests(scene.lab, "token")[0]["traceId"] == nil)
        #expect(reply["result"]?["traceId"]?.string == ids[2])
        // The gateway keeps an id that is sent, and the caller finds its request by it.
        #expect(reply["result"]?["requestId"]?.string == ids[2])
    }

    @Test(arguments: ["scanFile:reset", "scanFile:noTraceId", "authentication:reset", "authentication:noTraceId"])
    func `an error can be traced, also where the answer was lost or has lost the id`(_ fault: String) throws {
        let scene = try Scene()
        try scene.lab.fault(fault)
        let step = String(fault.prefix { $0 != ":" })
        if !fault.hasSuffix("reset") { try scene.lab.fault(step + ":status=500") }
        let reply = try scene.scan("hello\n")
        let traceID = try #require(reply["error"]?["data"]?["upstream"]?["traceId"]?.string)
        #expect(try requests(scene.lab, step).contains { $0["traceId"] == .string(traceID) })
    }

    @Test func `a gateway that wants a body gets one, and from then on at once`() throws {
        let scene = try Scene(lab: ["--fault", "authentication:wantsBody", "--fault", "refresh:wantsBody"])
        #expect(try scene.scan("hello\n").verdict == "clean")
        #expect(try requests(scene.lab, "authentication").map { $0["status"]?.integer } == [400, 200])
        try scene.lab.revoke("access")
        #expect(try scene.scan("hello\n").verdict == "clean")
        #expect(try requests(scene.lab, "refresh").map { $0["status"]?.integer } == [200])
    }

    @Test(arguments: [(301, 2, 1, 0), (36_001, 2, 1, 1), (86_401, 2, 2, 1)])
    func `tokens that expired before the daemon thought so are renewed, and the scan is made`(
        _ seconds: Int,
        _ tokens: Int,
        _ authentications: Int,
        _ refreshes: Int
    ) throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        _ = try scene.lab.control("POST", "/clock?advance=\(seconds)")
        #expect(try scene.scan(eicar).verdict == "infected")
        #expect(try scene.lab.count("token") == tokens)
        #expect(try scene.lab.count("authentication") == authentications)
        #expect(try scene.lab.count("refresh") == refreshes)
    }

    @Test func `the gateway's own Date counts where it comes through, and not this machine's wrong clock`() throws {
        let scene = try Scene()
        // Here the clock of the servers is three days ahead, so that by this machine's the token would live too long.
        _ = try scene.lab.control("POST", "/clock?advance=259200")
        _ = try scene.lab.control("POST", "/gateway?headers=kept")
        #expect(try scene.scan("hello\n").verdict == "clean")
        let status = try scene.connect().call("tokenStatus")["result"]?["profiles"]?.array?.first
        let token = status?["tokens"]?.array?.first { $0["token"] == "spe" }
        let seconds = try #require(token?["expiresInSeconds"]?.integer)
        #expect((35_900...36_000).contains(seconds))
    }

    @Test(arguments: ["text", "milliseconds", "millisecondsText"])
    func `the expiry is read in every form`(_ form: String) throws {
        let scene = try Scene(lab: ["--fault", "authentication:expiry=\(form)"])
        #expect(try scene.scan("hello\n").verdict == "clean")
        let status = try scene.connect().call("tokenStatus")["result"]?["profiles"]?.array?.first
        let token = status?["tokens"]?.array?.first { $0["token"] == "spe" }
        let seconds = try #require(token?["expiresInSeconds"]?.integer)
        #expect((35_900...36_000).contains(seconds))
    }

    @Test func `a renewed token that nobody accepts is worth another call`() throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        try scene.lab.revoke("access")
        try scene.lab.fault("refresh:deadToken")
        let reply = try scene.scan("hello\n")
        #expect(reply.errorKind == "upstreamRefused")
        #expect(reply["error"]?["data"]?["retryable"] == true)
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    @Test func `a token request on a kept connection that has died is made again at once`() throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        // The connection is closed after the answer without a word, so that the next request finds it dead or dying.
        try scene.lab.fault("scanFile:closeAfter,times=1")
        #expect(try scene.scan("hello\n").verdict == "clean")
        try scene.lab.revoke("access")
        try scene.lab.fault("scanFile:closeAfter")
        #expect(try scene.scan("hello\n").verdict == "clean")
        let status = try scene.connect().call("tokenStatus")["result"]?["profiles"]?.array?.first
        #expect(status?["tokens"]?.array?.allSatisfy { $0["consecutiveFailures"] == 0 } == true)
    }
}
