// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// Whatever goes wrong upstream, nothing unscanned looks clean, and the daemon recovers by itself.
@Suite struct FaultTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let fault: String
        let kinds: [String]

        init(_ fault: String, _ kinds: String...) {
            self.fault = fault
            self.kinds = kinds
        }

        var testDescription: String { fault }
    }

    static let rows = [
        Row("token:status=500", "upstreamFailed"),
        Row("token:status=503", "upstreamFailed"),
        Row("token:status=404", "upstreamRefused"),
        Row("token:reset", "upstreamUnreachable"),
        Row("token:halfBody", "upstreamUnreachable"),
        Row("token:emptyBody", "upstreamAnswer"),
        Row("token:html", "upstreamAnswer"),
        Row("token:wrongJson", "upstreamAnswer"),
        Row("token:redirect", "upstreamRefused", "upstreamAnswer"),
        Row("authentication:status=500", "upstreamFailed"),
        Row("authentication:status=403", "upstreamRefused"),
        Row("authentication:reset", "upstreamUnreachable"),
        Row("authentication:halfBody", "upstreamUnreachable"),
        Row("authentication:emptyBody", "upstreamAnswer"),
        Row("authentication:html", "upstreamAnswer"),
        Row("authentication:wrongJson", "upstreamAnswer"),
        Row("authentication:extraLongToken", "tokenTooLong"),
        Row("scanFile:status=400", "upstreamRefused"),
        Row("scanFile:status=401", "upstreamRefused"),
        Row("scanFile:status=403", "upstreamRefused"),
        Row("scanFile:status=413", "upstreamRefused"),
        Row("scanFile:status=500", "upstreamFailed"),
        Row("scanFile:status=502", "upstreamFailed"),
        Row("scanFile:status=503", "upstreamFailed"),
        Row("scanFile:status=504", "upstreamFailed"),
        Row("scanFile:reset", "upstreamUnreachable"),
        Row("scanFile:halfBody", "upstreamUnreachable"),
        Row("scanFile:emptyBody", "upstreamAnswer"),
        Row("scanFile:html", "upstreamAnswer", "upstreamFailed"),
        Row("scanFile:wrongJson", "upstreamAnswer"),
        Row("scanFile:redirect", "upstreamRefused", "upstreamAnswer"),
    ]

    @Test(arguments: rows)
    func `a lasting fault is an error of its kind, and its end is the end of it`(_ row: Row) throws {
        let scene = try Scene()
        try scene.lab.fault(row.fault)
        let reply = try scene.scan("hello\n")
        #expect(reply.verdict == nil)
        #expect(row.kinds.contains(reply.errorKind ?? "none"), "\(reply.text)")
        #expect(try scene.lab.requests().count <= 6, "a bounded number of requests for one scan")
        try scene.lab.clearFaults()
        try waitUntilRecovered(scene)
        #expect(try scene.scan(eicar).verdict == "infected")
    }

    /// Asks again when the error says that this makes sense.
    private func waitUntilRecovered(_ scene: Scene) throws {
        for _ in 0..<20 {
            let reply = try scene.scan("hello\n", [("deadlineMs", 20_000)])
            if reply.verdict == "clean" { return }
            let data = reply["error"]?["data"]
            let wait = data?["retryAfterMs"]?.integer ?? 0
            #expect(reply.verdict == nil)
            try #require(wait < 61_000)
            pause(milliseconds: min(wait, 2000) + 10)
        }
        Issue.record("the daemon did not recover")
    }

    @Test(arguments: [
        ("INFECTED_REPAIRED", "infected", nil as String?), ("FULLY_REPAIRED", "infected", nil),
        ("INTERNAL_SERVER_ERROR", "notScanned", "internalServerError"),
        ("FILE_ACCESS_FAILED", "notScanned", "fileAccessFailed"),
        ("FILE_SIZE_TOO_LARGE", "notScanned", "fileSizeTooLarge"), ("NO_AV_LICENSE", "notScanned", "noAvLicense"),
        ("RESOURCE_UNAVAILABLE", "notScanned", "resourceUnavailable"), ("QUARANTINED", "notScanned", "quarantined"),
        ("whatever", "notScanned", "scanFailure"),
    ])
    func `the engine's words become the verdict`(_ word: String, _ verdict: String, _ reason: String?) throws {
        let scene = try Scene(lab: ["--fault", "scanFile:verdict=\(word)"])
        let reply = try scene.scan("hello\n")
        #expect(reply.verdict == verdict)
        #expect(reply["result"]?["reason"]?.string == reason)
        #expect(reply["result"]?["upstream"]?["fileStatus"] == .string(word))
    }

    @Test(arguments: ["access", "gicar"])
    func `a revoked token is renewed once and the scan is made`(_ token: String) throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        try scene.lab.revoke(token)
        #expect(try scene.scan(eicar).verdict == "infected")
        #expect(try scene.lab.count("token") == (token == "gicar" ? 2 : 1))
        #expect(try scene.lab.count("authentication") == 1)
        #expect(try scene.lab.count("refresh") == (token == "gicar" ? 0 : 1))
    }

    @Test func `when the refresh token is revoked too, the daemon authenticates anew`() throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        try scene.lab.revoke("access")
        try scene.lab.revoke("refresh")
        #expect(try scene.scan("hello\n").verdict == "clean")
        #expect(try scene.lab.count("refresh") == 1)
        #expect(try scene.lab.count("authentication") == 2)
    }

    @Test func `an answer without a content type is read all the same`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:noContentType", "--fault", "authentication:noContentType"])
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    @Test func `tokens that are rejected for ever do not make a token request for every scan`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:status=401-oauth"])
        for _ in 0..<20 { #expect(try scene.scan("hello\n", [("deadlineMs", 3000)]).verdict == nil) }
        let tokens = try scene.lab.count("token") + scene.lab.count("authentication") + scene.lab.count("refresh")
        #expect(tokens <= 16, "\(tokens) token requests")
    }
}
