// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Files that come in chunks get the verdict of a file by descriptor, and half a file gets none.
@Suite(.timeLimit(.minutes(3))) struct ChunkTests {
    private func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
    }

    // MARK: Whole files

    @Test(arguments: [1, 3, 1000])
    func `the verdict, the size and the digest are those of the same bytes by descriptor`(_ step: Int) throws {
        let scene = try Scene()
        for content in ["hello\n", "", eicar] {
            let expected = try scene.scan(content)
            let client = try scene.connect()
            try client.beginUpload(id: 7)
            let bytes = Array(content.utf8)
            for start in stride(from: 0, to: bytes.count, by: step) {
                try client.chunk(id: 7, Array(bytes[start..<min(start + step, bytes.count)]))
            }
            try client.chunk(id: 7, isLast: true)
            let reply = try client.reply()
            for member in ["verdict", "size", "sha256", "bytesScanned", "fileStatus", "reason"] {
                #expect(reply["result"]?[member] == expected["result"]?[member], "\(member)")
            }
        }
    }

    @Test func `the last chunk may bring data, and the batch of its request may bring chunks`() throws {
        let client = try Scene().connect()
        let request = #"{"jsonrpc":"2.0","id":1,"method":"scanFile","params":{"file":{"chunks":true}}}"#
        let chunk = #"{"jsonrpc":"2.0","method":"chunk","params":{"id":1,"data":"aGVs"}}"#
        try client.send(
            "[\(request),\(chunk)]" + #"{"jsonrpc":"2.0","method":"chunk","params":{"id":1,"data":"bG8K","last":true}}"#
        )
        let reply = try client.reply()
        #expect(reply.array?.first?.verdict == "clean")
        #expect(reply.array?.first?["result"]?["size"] == 6)
    }

    @Test func `a large file arrives whole through uploads side by side`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let part = pattern(300_000)
        for id in 1...3 { try client.beginUpload(id: .number(JSONNumber(id))) }
        for _ in 0..<10 { for id in 1...3 { try client.chunk(id: .number(JSONNumber(id)), part) } }
        for id in 1...3 {
            try client.chunk(id: .number(JSONNumber(id)), id == 2 ? Array(eicar.utf8) : [], isLast: true)
        }
        var digests: Set<String> = []
        for _ in 1...3 {
            let reply = try client.reply()
            #expect(reply.verdict == (reply["id"] == 2 ? "infected" : "clean"))
            #expect(reply["result"]?["size"]?.integer == (reply["id"] == 2 ? 3_000_068 : 3_000_000))
            digests.insert(reply["result"]?["sha256"]?.string ?? "")
        }
        #expect(digests.count == 2)
    }

    @Test func `an id may be written with other escapes`() throws {
        let client = try Scene().connect()
        try client.send(#"{"jsonrpc":"2.0","id":"\u0041","method":"scanFile","params":{"file":{"chunks":true}}}"#)
        try client.chunk(id: "A", Array("hello\n".utf8), isLast: true)
        #expect(try client.reply().verdict == "clean")
    }

    @Test func `chunks for nobody have no effect`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:latency=100"])
        let client = try scene.connect(wrong: .requests)
        let file = try scene.file("hello\n")
        try client.chunk(id: 1, [1], isLast: true)
        try client.request("scanFile", ["file": ["fd": 0]], id: 1, [file.number])
        try client.chunk(id: 1, [1], isLast: true)
        try client.chunk(id: 2, [1])
        try client.send(#"{"jsonrpc":"2.0","method":"chunk","params":{}}{"jsonrpc":"2.0","method":"chunk"}"#)
        try client.send(#"{"jsonrpc":"2.0","method":"chunk","params":[1]}"#)
        try client.beginUpload(id: 3)
        try client.chunk(id: 2, [1])
        try client.chunk(id: "file-3", [1])
        try client.chunk(id: 3, Array("hello!".utf8), isLast: true)
        var replies: [JSONValue] = []
        for _ in 0..<2 { replies.append(try client.reply()) }
        #expect(Set(replies.map { $0["id"]?.integer }) == [1, 3])
        #expect(replies.allSatisfy { $0.verdict == "clean" && $0["result"]?["size"] == 6 })
        try client.chunk(id: 1, [1])
        #expect(try client.call("ping")["result"]?["pong"] == true)
    }

    // MARK: Faults

    static let faults = [
        #"{"id":1,"data":"aGVsbG8"}"#, #"{"id":1,"data":"a*Vs"}"#, #"{"id":1,"data":5}"#, #"{"id":1}"#,
        #"{"id":1,"last":false}"#, #"{"id":1,"last":1}"#, #"{"id":1,"data":"aGVs","final":true}"#,
        #"{"id":1,"data":null,"last":true}"#, #"{"id":1,"data":["aGVs"],"last":true}"#,
    ]

    @Test(arguments: faults)
    func `a fault in a chunk fails its scan, and the engine never has a whole file`(_ params: String) throws {
        let scene = try Scene()
        let client = try scene.connect(wrong: .requests)
        try client.beginUpload(id: 1, progress: true)
        try client.chunk(id: 1, Array("hello".utf8))
        #expect(try client.reply()["method"] == "progress")
        try client.send(#"{"jsonrpc":"2.0","method":"chunk","params":"# + params + "}")
        try client.chunk(id: 1, isLast: true)
        let reply = try client.finalReply()
        #expect(reply.errorKind == "invalidParams")
        #expect(reply["error"]?["data"]?["violations"]?.array?.isEmpty == false)
        #expect(try client.call("ping")["result"]?["pong"] == true)
        try expectNoWholeUpload(scene)
    }

    @Test(arguments: [
        #"{"method":"chunk","params":{"id":1,"data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"id":1,"id":1,"data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","id":9,"method":"chunk","params":{"id":1,"data":"aGVs"}}"#, "[]", "[5]",
        // Once these were dropped without a word, and the scan of what was left was called clean.
        #"{"jsonrpc":"2.0","method":"chunk","params":[1,"aGVs"]}"#, #"{"jsonrpc":"2.0","method":"chunk"}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"Id":1,"data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"id":true,"data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"id":[1],"data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"id":null,"data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"id":"1","data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"id":"1.0","data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","method":"chunk","params":{"id":1.0,"data":"aGVs"}}"#,
        #"{"jsonrpc":"2.0","id":9,"method":"chunk","params":["aGVs"]}"#,
        #"[{"jsonrpc":"2.0","method":"chunk","params":{"id":1e0,"data":"aGVs"}}]"#,
    ])
    func `a message that may have been a chunk and is none fails the upload that would lack it`(
        _ message: String
    ) throws {
        let scene = try Scene()
        let client = try scene.connect(wrong: .requests)
        try client.beginUpload(id: 1, progress: true)
        try client.chunk(id: 1, Array("hello".utf8))
        #expect(try client.reply()["method"] == "progress")
        try client.send(message)
        try client.chunk(id: 1, isLast: true)
        var reply = try client.reply()
        while reply["id"] != 1 { reply = try client.reply() }
        #expect(reply.errorKind == "invalidParams")
        try expectNoWholeUpload(scene)
    }

    @Test func `a chunk after the last one fails the scan`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:latency=2000"])
        let client = try scene.connect()
        try client.beginUpload(id: 1)
        try client.chunk(id: 1, Array("hello".utf8), isLast: true)
        try client.chunk(id: 1, isLast: true)
        #expect(try client.reply().errorKind == "invalidParams")
    }

    // MARK: Half files

    enum Ending: String, CaseIterable {
        case hangUp, halfClose, cancel, deadline, broken, stop
    }

    @Test(arguments: Ending.allCases)
    func `an upload that ends before its last chunk is never a whole file`(_ ending: Ending) throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        do {
            let client = try scene.connect()
            let more: [(String, JSONValue)] = ending == .deadline ? [("deadlineMs", 4000)] : []
            try client.beginUpload(id: 1, progress: true, more)
            for _ in 0..<4 { try client.chunk(id: 1, pattern(200_000)) }
            #expect(try client.reply()["method"] == "progress")
            switch ending {
            case .hangUp: break
            case .deadline: #expect(try client.finalReply().errorKind == "deadlineExceeded")
            case .halfClose:
                client.endInput()
                #expect(try client.finalReply().errorKind == "cancelled")
                #expect(try client.line() == nil)
            case .cancel:
                try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#)
                let reply = try client.finalReply()
                #expect(reply.errorKind == "cancelled")
                #expect(reply["error"]?["data"]?["outcome"] == "unknown")
                try client.chunk(id: 1, isLast: true)
                #expect(try client.call("ping")["result"]?["pong"] == true)
            case .broken:
                try client.send("}")
                #expect(try client.finalReply().errorKind == "cancelled")
                #expect(try client.reply().errorKind == "parseError")
            case .stop:
                kill(scene.daemon.program.process, SIGTERM)
                #expect(try client.finalReply().errorKind == "stopping")
                #expect(scene.daemon.program.waitForEnd() == 0)
            }
        }
        try expectNoWholeUpload(scene, after: 1)
    }

    /// Waits until the lab has seen the upload's end, which has to be a cut.
    private func expectNoWholeUpload(_ scene: Scene, after scans: Int = 0) throws {
        for _ in 0..<2000 {
            let uploads = try scene.lab.requests().filter { $0["operation"] == "scanFile" }.dropFirst(scans)
            if let upload = uploads.first {
                #expect(upload["outcome"] == "abandoned" && upload["status"] == JSONValue.null, "\(upload.text)")
                #expect(uploads.count == 1)
                return
            }
            pause(milliseconds: 5)
        }
        Issue.record("the lab has not seen the upload's end")
    }

    // MARK: Back-pressure

    @Test func `while an upload's buffer is full its connection is not read, and others notice nothing`() throws {
        let scene = try Scene(lab: ["--fault", "token:latency=3000"])
        let client = try scene.connect()
        let file = try scene.file("hello\n")
        try client.request("scanFile", ["file": ["fd": 0]], id: "before", [file.number])
        try client.beginUpload(id: 1)
        let part = pattern(96 << 10)
        let chunk = client.chunkMessage(id: 1, part)
        let total = 64
        // What the daemon and the socket take while no token has come and nothing is sent on.
        let early = try client.sendWhileTaken(chunk, upTo: total)
        try #require(early.messages < 32, "\(early.messages) chunks were taken")
        #expect(early.messages > 8)
        #expect(try scene.connect().call("ping")["result"]?["pong"] == true)
        try client.send(Array(chunk[early.bytesOfNext...]))
        for _ in early.messages + 1..<total { try client.send(chunk) }
        try client.chunk(id: 1, isLast: true)
        try client.request("ping", id: "behind")
        var replies: [String: JSONValue] = [:]
        for _ in 0..<3 {
            let reply = try client.reply()
            replies[reply["id"]?.text ?? ""] = reply
        }
        #expect(replies["1"]?.verdict == "clean")
        #expect(replies["1"]?["result"]?["size"]?.integer == Int64(total * part.count))
        #expect(replies["\"before\""]?.verdict == "clean")
        #expect(replies["\"behind\""]?["result"]?["pong"] == true)
    }

    @Test func `a full upload that is over lets its connection be read again`() throws {
        let scene = try Scene(lab: ["--fault", "token:hang,times=1"])
        let client = try scene.connect()
        try client.beginUpload(id: 1, [("deadlineMs", 1500)])
        let chunk = client.chunkMessage(id: 1, pattern(96 << 10))
        for _ in 0..<40 { try client.send(chunk) }
        #expect(try client.reply().errorKind == "deadlineExceeded")
        #expect(try client.call("ping")["result"]?["pong"] == true)
    }

    @Test func `a long upload takes little memory`() throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n").verdict == "clean")
        let client = try scene.connect()
        let part = pattern(768 << 10)
        let chunk = client.chunkMessage(id: 1, part)
        let before = try scene.daemon.memory()
        try client.beginUpload(id: 1)
        for _ in 0..<64 { try client.send(chunk) }
        try client.chunk(id: 1, isLast: true)
        let reply = try client.reply()
        #expect(reply.verdict == "clean")
        #expect(reply["result"]?["size"]?.integer == Int64(64 * part.count))
        let growth = try scene.daemon.memory() - before
        #expect(growth < 24 << 20, "\(growth >> 20) MiB for 48 MiB")
    }

    // MARK: Tokens

    @Test func `a short upload is sent again after a token was not accepted`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:status=401-spe,times=1"])
        let client = try scene.connect()
        try client.beginUpload(id: 1)
        try client.chunk(id: 1, Array(eicar.utf8), isLast: true)
        #expect(try client.reply().verdict == "infected")
        #expect(try scene.lab.count("scanFile") == 2)
    }

    @Test func `a long upload is not, but its caller can send it again`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:status=401-spe,times=1"])
        let client = try scene.connect()
        for attempt in 1...2 {
            try client.beginUpload(id: 1)
            for _ in 0..<6 { try client.chunk(id: 1, pattern(400_000)) }
            try client.chunk(id: 1, Array(eicar.utf8), isLast: true)
            let reply = try client.reply()
            #expect(reply.verdict == (attempt == 1 ? nil : "infected"))
            guard attempt == 1 else { continue }
            #expect(reply.errorKind == "upstreamRefused")
            #expect(reply["error"]?["data"]?["retryable"] == true)
            // Its hint says to read that.
            #expect(reply["error"]?["data"]?["upstream"]?["status"]?.integer == 401)
        }
        #expect(try scene.lab.count("scanFile") == 2)
    }

    // MARK: Batches

    @Test func `a batch over the limit gets one error, costs little, and ends the connection`() throws {
        let scene = try Scene()
        let most = try scene.connect(wrong: .requests)
        try most.send("[5" + String(repeating: ",5", count: 1023) + "]")
        #expect(try most.reply().array?.count == 1024)
        #expect(try most.call("ping")["result"]?["pong"] == true)

        let before = try scene.daemon.memory()
        for text in [
            "[5" + String(repeating: ",5", count: 1024) + "]", "[0" + String(repeating: ",0", count: 2_000_000) + "]",
        ] {
            let client = try scene.connect(wrong: .requests)
            try client.send(text)
            let reply = try client.reply()
            #expect(reply.errorKind == "limitExceeded")
            #expect(reply["id"] == JSONValue.null)
            #expect(try client.line() == nil)
        }
        let growth = try scene.daemon.memory() - before
        #expect(growth < 32 << 20, "\(growth >> 20) MiB for one batch")
        let limits = try scene.connect().call("status")["result"]?["limits"]
        #expect(limits?["batchElements"] == 1024)
    }
}
