// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Testing

/// A scan that nobody wants any more ends upstream too.
@Suite struct CancellationTests {
    @Test func `a cancelled scan is answered once, with an unknown outcome`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"])
        let file = try scene.file("hello\n")
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0], "progress": true], id: "s", [file.number])
        try waitForUpload(scene)
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"s"}}"#)
        var reply = try client.reply()
        while reply["method"] != nil { reply = try client.reply() }
        #expect(reply.errorKind == "cancelled")
        #expect(reply["error"]?["data"]?["outcome"] == "unknown")
        #expect(try client.call("ping")["result"]?["pong"] == true)
    }

    /// Whose requests go out for the call itself is no matter: something happened upstream.
    @Test(arguments: [
        ("prepareGateway", #"{"target":{"secondaryInstance":"x"}}"#),
        ("callAgent", #"{"target":{"secondary":1},"method":"HostGroup.GroupIdGroups"}"#), ("listSecondaries", "{}"),
        ("callServer", #"{"method":"HostGroup.GroupIdGroups"}"#),
    ])
    func `what is cancelled while a session is opened has an unknown outcome`(method: String, params: String) throws {
        let scene = try Scene(lab: ["--fault", "Session.StartSession:hang"])
        let client = try scene.connect()
        try client.request(method, try JSONValue(parsing: params), id: "g")
        try waitUntil("the login is out") { try scene.lab.calls().count == 1 }
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"g"}}"#)
        let reply = try client.reply()
        #expect(reply.errorKind == "cancelled")
        #expect(reply["error"]?["data"]?["outcome"] == "unknown", "\(reply.text)")
    }

    @Test func `a deadline ends a scan, and the slot is free`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang,times=1"])
        let reply = try scene.scan("hello\n", [("deadlineMs", 400)])
        #expect(reply.errorKind == "deadlineExceeded")
        #expect(try scene.scan("hello\n").verdict == "clean")
        let status = try scene.connect().call("status")
        #expect(status["result"]?["requests"]?["inFlight"] == 1)
    }

    @Test func `a deadline also ends the wait for a token`() throws {
        let scene = try Scene(lab: ["--fault", "token:hang,times=1"])
        #expect(try scene.scan("hello\n", [("deadlineMs", 300)]).errorKind == "deadlineExceeded")
    }

    @Test func `a client that leaves ends its upload`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"])
        let file = try scene.file("hello\n")
        do {
            let client = try scene.connect()
            try client.request("scanFile", ["file": ["fd": 0]], [file.number])
            try waitForUpload(scene)
        }
        for _ in 0..<1000 {
            let status = try scene.connect().call("status")
            if status["result"]?["requests"]?["inFlight"] == 1 { return }
            pause(milliseconds: 5)
        }
        Issue.record("the request is still in flight")
    }

    @Test func `a storm of cancellations holds up nobody`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"])
        let client = try scene.connect()
        let end = String(repeating: "\\u0041", count: 160)
        for number in 0..<60 {
            try client.send(
                #"{"jsonrpc":"2.0","id":"\#(number)\#(end)","method":"scanFile","params":{"file":{"content":"AAAA"}}}"#
            )
        }
        let cancellation = #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"none"}}"#
        try client.send(String(repeating: cancellation, count: 2000))
        let began = SystemTime().now
        #expect(try scene.connect().call("ping")["result"]?["pong"] == true)
        #expect(SystemTime().now - began < .seconds(5))
        // The same text with other escapes is the same id.
        let plain = "7" + String(repeating: "A", count: 160)
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"\#(plain)"}}"#)
        #expect(try client.reply().errorKind == "cancelled")
    }

    /// The lab logs a request when its fault takes hold of it.
    private func waitForUpload(_ scene: Scene) throws {
        for _ in 0..<2000 {
            if try scene.lab.count("scanFile") > 0 { return }
            pause(milliseconds: 5)
        }
        throw TestFault("the upload did not arrive")
    }
}
