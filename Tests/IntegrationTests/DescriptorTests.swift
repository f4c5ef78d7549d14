// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import CPlatform
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The ownership rule of contract section 3, "Passed files", against the built daemon.
@Suite struct DescriptorTests {
    @Test func `what is no readable regular file is refused`() throws {
        let scene = try Scene()
        let file = try scene.file("hello\n", name: "file")
        let pipe = try Pipe()
        let reader = Descriptor(owning: pipe.reader)
        let writer = Descriptor(owning: pipe.writer)
        let folder = try scene.open(".", O_RDONLY | O_DIRECTORY)
        let device = Descriptor(owning: Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC))
        // O_PATH, which only <fcntl.h> of GNU names.
        let path = try scene.open("file", 0o10000000)
        let writeOnly = try scene.open("file", O_WRONLY)
        let client = try scene.connect()
        for refused in [reader.number, folder.number, device.number, path.number, writeOnly.number] {
            let reply = try client.call("scanFile", ["file": ["fd": 0]], [refused])
            #expect(reply.errorKind == "fileRefused", "\(reply.text)")
        }
        #expect(try client.call("scanFile", ["file": ["fd": 0]], [file.number]).verdict == "clean")
        _ = writer.number
    }

    @Test(arguments: [
        (#"{"fd":1}"#, 1), (#"{"fd":0}"#, 0), (#"{"fd":0}"#, 2), (#"{"content":""}"#, 1), (#"{"fd":-1}"#, 1),
        (#"{"fd":0.5}"#, 1), (#"{"fd":0}"#, 16),
    ])
    func `a message names each descriptor exactly once or is refused with its connection`(
        _ file: String,
        _ count: Int
    ) throws {
        let scene = try Scene()
        let passed = try scene.file("hello\n")
        let client = try scene.connect(wrong: .requests)
        let text = #"{"jsonrpc":"2.0","id":1,"method":"scanFile","params":{"file":\#(file)}}"# + "\n"
        try client.send(text, [Int32](repeating: passed.number, count: count))
        #expect(try client.reply().errorKind == "descriptorMismatch")
        #expect(try client.line() == nil)
        #expect(try scene.connect().call("ping")["result"]?["pong"] == true)
    }

    @Test func `a batch names its descriptors together`() throws {
        let scene = try Scene()
        let clean = try scene.file("hello\n", name: "clean")
        let infected = try scene.file(eicar, name: "infected")
        let client = try scene.connect()
        let batch: JSONValue = [
            ["jsonrpc": "2.0", "id": "b", "method": "scanFile", "params": ["file": ["fd": 1]]],
            ["jsonrpc": "2.0", "id": "a", "method": "scanFile", "params": ["file": ["fd": 0]]],
            ["jsonrpc": "2.0", "id": "p", "method": "ping"],
        ]
        try client.send(batch.text, [clean.number, infected.number])
        let replies = try client.reply().array ?? []
        #expect(replies.count == 3)
        #expect(replies.first { $0["id"] == "a" }?.verdict == "clean")
        #expect(replies.first { $0["id"] == "b" }?.verdict == "infected")
    }

    @Test func `descriptors belong to the message that holds the last byte of their read`() throws {
        let scene = try Scene()
        let clean = try scene.file("hello\n", name: "clean")
        let infected = try scene.file(eicar, name: "infected")
        let client = try scene.connect()
        func scan(_ id: Int) -> String {
            #"{"jsonrpc":"2.0","id":\#(id),"method":"scanFile","params":{"file":{"fd":0}}}"#
        }
        // A ping without descriptors and a scan with one are glued together by the kernel or read apart: both must do.
        try client.send(#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#)
        try client.send(scan(1), [clean.number])
        try client.send(scan(2), [infected.number])
        var verdicts: [Int64: String] = [:]
        for _ in 0..<3 {
            let reply = try client.reply()
            verdicts[reply["id"]?.integer ?? -1] = reply.verdict ?? "none"
        }
        #expect(verdicts == [7: "none", 1: "clean", 2: "infected"])
    }

    @Test func `a descriptor may come with the first byte of a message that is sent byte by byte`() throws {
        let scene = try Scene()
        let infected = try scene.file(eicar)
        let client = try scene.connect()
        let text = Array(#"{"jsonrpc":"2.0","id":1,"method":"scanFile","params":{"file":{"fd":0}}}"#.utf8)
        try client.send([text[0]], [infected.number])
        for byte in text.dropFirst() { try client.send([byte]) }
        #expect(try client.reply().verdict == "infected")
    }

    @Test func `descriptors in two reads of one message, or with separators alone, are refused`() throws {
        let scene = try Scene()
        let file = try scene.file("hello\n")
        let client = try scene.connect()
        try client.send(#"{"jsonrpc":"2.0","id":1,"#, [file.number])
        try client.send(#""method":"scanFile","params":{"file":{"fd":0}}}"#, [file.number])
        #expect(try client.reply().errorKind == "descriptorMismatch")
        #expect(try client.line() == nil)
        let second = try scene.connect()
        try second.send("\n\n", [file.number])
        #expect(try second.reply().errorKind == "descriptorMismatch")
        #expect(try second.line() == nil)
    }

    @Test func `no descriptor is left open, however a call ends`() throws {
        let scene = try Scene()
        let file = try scene.file("hello\n")
        #expect(try scene.scan("hello\n").verdict == "clean")
        for round in 0..<60 {
            let client = try scene.connect(wrong: .requests)
            switch round % 6 {
            case 0: _ = try client.call("scanFile", ["file": ["fd": 0]], [file.number])
            case 1: _ = try client.call("scanFile", ["file": ["fd": 0], "no": 1], [file.number])
            case 2: try client.send("{ [", [file.number, file.number])
            case 3: try client.send(#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#, [file.number])
            case 4: try client.request("scanFile", ["file": ["fd": 0]], [file.number])
            default: try client.send(#"{"jsonrpc":"#, [file.number])
            }
        }
        let last = try scene.connect()
        try waitUntil("callers' descriptors are closed") {
            try last.call("status")["result"]?["connections"]?["open"] == 1
                && scene.daemon.program.openDescriptors(of: scene.folder.path("file")) == 0
        }
    }
}
