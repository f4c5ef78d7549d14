// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehousePlatform
import GatehouseClient
import GatehouseWire
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct ScanLineTests {
    @Test(
        arguments: [
            ("ok", "OK", 0), ("bad", "Bad.Thing FOUND", 1), ("odd", "encrypted NOT SCANNED", 2),
            ("err", "busy NOT SCANNED", 2), ("", "OK", 0),
        ] as [(String, String, Int32)]
    )
    func `each end has its line and its exit code`(_ content: String, _ line: String, _ status: Int32) throws {
        let scene = try Scene()
        try scene.folder.write("f", content)
        let result = try scene.scan(scene.path("f"))
        #expect(result.text == "\(scene.path("f")): \(line)\n")
        #expect(result.status == status)
    }

    @Test func `infected wins over every failure`() throws {
        let scene = try Scene()
        for (name, content) in [("a", "err"), ("b", "bad"), ("c", "odd")] { try scene.folder.write(name, content) }
        let paths = ["a", "b", "c", "missing"].map(scene.path)
        let result = try scene.scan(paths[0], paths[1], paths[2], paths[3])
        #expect(result.status == 1)
        #expect(result.lines.contains("\(paths[3]): fileUnreadable NOT SCANNED"))
    }

    @Test func `an error is explained on standard error`() throws {
        let scene = try Scene()
        try scene.folder.write("f", "err")
        let errors = try scene.scan(scene.path("f")).errors
        #expect(errors.contains("\(scene.path("f")): too much to do"))
        #expect(errors.contains("hint: come back"))
    }

    @Test(arguments: [
        #"{"verdict":"pure"}"#, #"{"verdict":"clean"}"#, "{}", "null", "true", #""clean""#, #"[{"verdict":"clean"}]"#,
    ])
    func `an answer that is not understood is never OK`(_ answer: String) throws {
        let value = try JSONValue(parsing: answer)
        let scene = try Scene(wrong: .replies) { request, peer in peer.answer(request, value) }
        try scene.folder.write("f")
        let result = try scene.scan(scene.path("f"))
        #expect(result.text == "\(scene.path("f")): unknownAnswer NOT SCANNED\n")
        #expect(result.status == 2)
        // Nor does it say so to a program.
        let json = try scene.scan("--json", scene.path("f"))
        #expect(try JSONValue(parsing: json.text)["result"]?["verdict"]?.string != "clean", "\(json.text)")
        #expect(json.status == 2)
    }

    @Test(
        arguments: [
            ("reason", "encrypted"), ("fileStatus", "INFECTED"), ("scanStatus", "SCAN_FAILURE"), ("totalInfections", 1),
        ] as [(String, JSONValue)]
    )
    func `a verdict that says clean and something else is an error, in text and as JSON`(
        _ member: String,
        _ value: JSONValue
    ) throws {
        let scene = try Scene(wrong: .replies) { request, peer in
            peer.answer(request, FakeDaemon.verdict("clean").setting(member, value))
        }
        try scene.folder.write("f")
        let text = try scene.scan(scene.path("f"))
        #expect(text.text.hasSuffix(": unknownAnswer NOT SCANNED\n"))
        #expect(text.status == 2)
        let json = try scene.scan("--json", scene.path("f"))
        let line = try JSONValue(parsing: json.text)
        #expect(line["error"]?["data"]?["kind"] == "unknownAnswer")
        #expect(line["result"] == nil)
        #expect(json.status == 2)
    }

    @Test func `a word that is not known is never OK in a complete verdict either`() throws {
        let scene = try Scene(wrong: .replies) { request, peer in peer.answer(request, FakeDaemon.verdict("Clean")) }
        try scene.folder.write("f")
        let result = try scene.scan(scene.path("f"))
        #expect(result.text.hasSuffix(": unknownAnswer NOT SCANNED\n"))
        #expect(result.status == 2)
    }

    @Test func `infected is believed however little else is said`() throws {
        let scene = try Scene(wrong: .replies) { request, peer in peer.answer(request, ["verdict": "infected"]) }
        try scene.folder.write("f")
        let result = try scene.scan(scene.path("f"))
        #expect(result.text.hasSuffix(": unknown FOUND\n"))
        #expect(result.status == 1)
    }

    @Test func `lines come as the scans end, whatever the order of the arguments`() throws {
        let held = Locked<[FakeDaemon.Request]>([])
        let scene = try Scene { request, peer in
            let all = held.withLock { held in
                held.append(request)
                defer { if held.count == 5 { held = [] } }
                return held.count == 5 ? held : []
            }
            for request in all.reversed() { Scene.judge(request, peer) }
        }
        for name in ["1", "2", "3", "4", "5"] { try scene.folder.write(name, name == "4" ? "bad" : "ok") }
        let paths = ["3", "1", "4", "5", "2"].map(scene.path)
        let result = try scene.scan(paths[0], paths[1], paths[2], paths[3], paths[4])
        #expect(result.lines == paths.reversed().map { $0.hasSuffix("4") ? "\($0): Bad.Thing FOUND" : "\($0): OK" })
        #expect(result.status == 1)
    }

    @Test(arguments: ["{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"verdict\":\"clean\"", ""])
    func `a reply that is cut is never OK`(_ part: String) throws {
        let scene = try Scene { _, peer in
            peer.send(bytes: Array(part.utf8))
            peer.close()
        }
        try scene.folder.write("f", "ok")
        let result = try scene.scan(scene.path("f"), scene.path("f"))
        #expect(result.lines == Array(repeating: "\(scene.path("f")): connectionLost NOT SCANNED", count: 2))
        #expect(result.status == 2)
    }

    @Test(arguments: ["rubbish\n", "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{\"verdict\":\"clean\"}}\n"])
    func `a reply that is none is never OK`(_ reply: String) throws {
        let scene = try Scene(wrong: .replies) { _, peer in peer.send(bytes: Array(reply.utf8)) }
        try scene.folder.write("f", "ok")
        let result = try scene.scan(scene.path("f"))
        #expect(result.text == "\(scene.path("f")): protocolViolation NOT SCANNED\n")
        #expect(result.status == 2)
    }

    @Test func `the last word of a daemon that closes is told`() throws {
        let scene = try Scene { _, peer in
            let error = APIError(.limitExceeded, "too many")
            peer.send(["jsonrpc": "2.0", "id": nil, "error": error.json(requestID: nil)])
            peer.close()
        }
        try scene.folder.write("f", "ok")
        let result = try scene.scan(scene.path("f"))
        #expect(result.text == "\(scene.path("f")): limitExceeded NOT SCANNED\n")
        #expect(result.errors.contains("too many"))
    }

    @Test func `with one scan in flight lines are in the order of the names`() throws {
        let scene = try Scene()
        try scene.folder.makeFolder("d")
        let names = (100..<500).map { "d/\($0)" }
        for name in names { try scene.folder.write(name, "ok") }
        let result = try scene.scan("-r", "-j", "1", scene.path("d"))
        #expect(result.lines == names.map { "\(scene.path($0)): OK" })
        #expect(result.status == 0)
        #expect(result.errors.contains("Files: 400\n"))
        #expect(result.errors.contains("Bytes: 800\n"))
    }
}
