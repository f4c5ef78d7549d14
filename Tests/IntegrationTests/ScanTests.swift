// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Testing

/// The main job: a real file through the socket, over real HTTPS, to a verdict.
@Suite struct ScanTests {
    @Test func `a clean file is clean and an infected one is infected`() throws {
        let scene = try Scene()
        let clean = try scene.scan("hello\n")
        #expect(clean.verdict == "clean")
        #expect(clean["result"]?["size"] == 6)
        let digest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        #expect(clean["result"]?["sha256"] == .string(digest))
        #expect(clean["result"]?["fileStatus"] == "CLEAN")
        let infected = try scene.scan(eicar, [("name", "invoice.pdf")])
        #expect(infected.verdict == "infected")
        #expect(infected["result"]?["fileScanned"] == "invoice.pdf")
        #expect(infected["result"]?["threats"]?.array?.first?["name"] == "EICAR Test String")
        #expect(infected["result"]?["reason"] == JSONValue.null)
    }

    @Test func `an empty file is scanned`() throws {
        let reply = try Scene().scan("")
        #expect(reply.verdict == "clean")
        #expect(reply["result"]?["size"] == 0)
    }

    @Test(arguments: [("aGVsbG8K", "clean"), ("", "clean")])
    func `content in the message is scanned like a file`(_ content: String, _ verdict: String) throws {
        let scene = try Scene()
        let reply = try scene.connect().call("scanFile", ["file": ["content": .string(content)]])
        #expect(reply.verdict == verdict)
    }

    @Test func `infected content in the message is infected`() throws {
        let scene = try Scene()
        let content = String(decoding: Base64.encode(Array(eicar.utf8)), as: UTF8.self)
        #expect(try scene.connect().call("scanFile", ["file": ["content": .string(content)]]).verdict == "infected")
    }

    @Test func `the file is read from its start and its offset stays`() throws {
        let scene = try Scene()
        let file = try scene.file(eicar)
        lseekToEnd(file.number)
        let reply = try scene.connect().call("scanFile", ["file": ["fd": 0]], [file.number])
        #expect(reply.verdict == "infected")
        #expect(offset(file.number) == 68)
    }

    @Test func `a name with quotes and line breaks reaches the engine or is refused, and never splits a header`() throws
    {
        let scene = try Scene()
        #expect(try scene.scan(eicar, [("name", "a\"b;c=d.txt")]).verdict == "infected")
        #expect(try scene.scan(eicar, [("name", "a\r\nX: y")], wrong: .requests).errorKind == "invalidParams")
        #expect(try scene.scan(eicar, [("name", "../../etc/passwd")], wrong: .requests).errorKind == "invalidParams")
    }

    @Test func `many callers at once without a token make one chain of token requests`() throws {
        let scene = try Scene(lab: ["--fault", "token:latency=200"])
        let clients = try (0..<100).map { _ in try scene.connect() }
        let file = try scene.file("hello\n")
        for client in clients { try client.request("scanFile", ["file": ["fd": 0]], [file.number]) }
        for client in clients { #expect(try client.reply().verdict == "clean") }
        #expect(try scene.lab.count("token") == 1)
        #expect(try scene.lab.count("authentication") == 1)
        #expect(try scene.lab.count("refresh") == 0)
        #expect(try scene.lab.count("scanFile") == 100)
    }

    @Test func `one connection has many scans in flight, answered under their own ids`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let clean = try scene.file("hello\n", name: "clean")
        let infected = try scene.file(eicar, name: "infected")
        for index in 0..<40 {
            let file = index % 4 == 0 ? infected.number : clean.number
            try client.request("scanFile", ["file": ["fd": 0]], id: .number(JSONNumber(index)), [file])
        }
        for _ in 0..<40 {
            let reply = try client.reply()
            let index = try #require(reply["id"]?.integer)
            #expect(reply.verdict == (index % 4 == 0 ? "infected" : "clean"))
        }
    }

    @Test func `a file of many buffers arrives whole`() throws {
        let scene = try Scene()
        let file = try scene.file("", name: "large")
        extend(scene.folder.path("large"), to: 64 << 20, endingIn: eicar)
        let reply = try scene.connect().call("scanFile", ["file": ["fd": 0]], [file.number])
        #expect(reply.verdict == "infected")
        #expect(reply["result"]?["size"]?.integer == 64 << 20)
        #expect(reply["result"]?["bytesScanned"]?.integer == 64 << 20)
    }
}
