// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Testing

/// Who asks for progress hears of the beginning and the end of an upload, and of what is between them now and then.
@Suite(.timeLimit(.minutes(2))) struct ProgressTests {
    private struct Told {
        var done: [Int64] = []
        var totals: Set<Int64?> = []
        var reply: JSONValue = .null
    }

    /// Reads notifications, each valid by its schema, up to the reply.
    private func read(_ client: WireClient, id: JSONValue) throws -> Told {
        var told = Told()
        while true {
            let message = try client.reply()
            guard message["method"] != nil else {
                told.reply = message
                return told
            }
            #expect(message["method"] == "progress")
            #expect(message["id"] == nil)
            #expect(message["params"]?["id"] == id)
            told.done.append(message["params"]?["done"]?.integer ?? -1)
            told.totals.insert(message["params"]?["total"]?.integer)
        }
    }

    @Test func `a small upload is told twice, its total too where it is known`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let file = try scene.file("hello\n")
        try client.request("scanFile", ["file": ["fd": 0], "progress": true], id: "a", [file.number])
        let passed = try read(client, id: "a")
        try client.request("scanFile", ["file": ["content": "aGVsbG8K"], "progress": true], id: "b")
        let content = try read(client, id: "b")
        try client.beginUpload(id: "c", progress: true)
        try client.chunk(id: "c", Array("hello\n".utf8), isLast: true)
        let chunks = try read(client, id: "c")
        for told in [passed, content, chunks] {
            #expect(told.done == [0, 6])
            #expect(told.reply.verdict == "clean")
        }
        #expect(passed.totals == [6])
        #expect(content.totals == [6])
        #expect(chunks.totals == [nil])
    }

    @Test func `nobody is told who did not ask`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        for progress in [JSONValue?.none, false] {
            let file = try scene.file("hello\n")
            var params = JSONObject()
            params["file"] = ["fd": 0]
            params["progress"] = progress
            try client.request("scanFile", .object(params), id: 1, [file.number])
            #expect(try read(client, id: 1).done.isEmpty)
        }
    }

    @Test func `a large upload is told in order and at a bounded rate`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let file = try scene.file("", name: "large")
        extend(scene.folder.path("large"), to: 64 << 20, endingIn: "end")
        let start = SystemTime().now
        try client.request("scanFile", ["file": ["fd": 0], "progress": true], id: 1, [file.number])
        let told = try read(client, id: 1)
        let quarters = Int((SystemTime().now - start).wholeMilliseconds / 250)
        #expect(told.done.first == 0)
        #expect(told.done.last == 64 << 20)
        #expect(told.done == told.done.sorted())
        #expect(told.totals == [64 << 20])
        #expect(told.done.count <= quarters + 3, "\(told.done.count) in \(quarters) quarters of a second")
        #expect(told.reply.verdict == "clean")
    }

    @Test func `an upload that is sent again begins anew`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:status=401-spe,times=1"])
        let client = try scene.connect()
        let file = try scene.file("hello\n")
        try client.request("scanFile", ["file": ["fd": 0], "progress": true], id: 1, [file.number])
        #expect(try read(client, id: 1).done == [0, 6, 0, 6])
    }
}
