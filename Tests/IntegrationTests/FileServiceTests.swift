// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// `getFile` and `putFile` before a file service that answers as no other does: `Fixtures/file_server.py`.
@Suite(.timeLimit(.minutes(2))) struct FileServiceTests {
    private let scene: Scene
    private let server: StandInServer
    private let daemon: DaemonProgram
    private let client: WireClient

    init() throws {
        scene = try Scene()
        server = try StandInServer.files(in: scene.folder)
        daemon = try DaemonProgram(
            in: scene.folder,
            named: "other",
            configuration: try server.configuration(from: scene)
        )
        client = try WireClient(daemon.socket, keeping: scene)
    }

    private func gateway() throws -> JSONValue {
        let reply = try client.prepareGateway(["secondaryInstance": "x"])
        return try #require(reply["result"]?["gateway"], "\(reply.text)")
    }

    /// The reply, and what the file holds at that moment.
    private func get(
        _ gateway: JSONValue,
        _ name: String,
        deadline: Int64 = 20_000
    ) throws -> (reply: JSONValue, size: Int64) {
        try scene.folder.write("file", "")
        let file = try scene.open("file", O_RDWR)
        let params: JSONValue = [
            "gateway": gateway, "source": ["path": .string("/FTDR/" + name)], "file": ["fd": 0],
            "deadlineMs": .number(JSONNumber(deadline)),
        ]
        let reply = try client.call("getFile", params, [file.number])
        var status = stat()
        return (reply, fstat(file.number, &status) == 0 ? Int64(status.st_size) : -1)
    }

    @Test func `a file comes whole, however its end and its beginning are told`() throws {
        let gateway = try gateway()
        let digest = try get(gateway, "in-chunks").reply["result"]?["sha256"]
        #expect(digest?.string?.utf8.count == 64)
        for name in [
            "cut-then-whole", "cut-then-whole-in-chunks", "no-total-once-more", "no-total-then-refusal",
            "no-total-then-nothing", "no-total-then-whole", "part-until-the-end",
        ] {
            let (reply, size) = try get(gateway, name)
            #expect(reply["result"]?["sha256"] == digest && size == 100_000, "\(name): \(reply.text)")
            #expect(try scene.run(["sha256sum", scene.folder.path("file")]).output.prefix(64) == digest?.string ?? "")
        }
    }

    @Test func `what is no file, or never a whole one, is an error of its own, and the file is empty`() throws {
        let gateway = try gateway()
        let elsewhere = "the answer is another part of the file than was asked for"
        let unreadable = "the answer's Content-Range is no part of a file"
        for (name, message) in [
            ("no-range", "the server does not say which part of the file it sends (206 without Content-Range)"),
            ("several-parts", "the server does not say which part of the file it sends (206 without Content-Range)"),
            ("elsewhere", elsewhere), ("the-same-part-again", elsewhere), ("negative", unreadable),
            ("negative-total", unreadable), ("huge", unreadable),
            ("huge-that-ends", "the server sends nothing of the rest of the file"),
            ("longer", "the answer is longer than its Content-Range says"),
            ("endless", "the answer is longer than its Content-Range says"),
            ("cut-and-cut", "the server sends the file from its start again and again, and never whole"),
            ("gzip", "the server sends the file in an encoding that was not asked for (Content-Encoding)"),
        ] {
            let (reply, size) = try get(gateway, name)
            #expect(reply.errorKind == "upstreamAnswer" && size == 0, "\(name): \(size) \(reply.text)")
            #expect(reply["error"]?["message"]?.string == message, "\(name): \(reply.text)")
        }
        let (reply, size) = try get(gateway, "redirect")
        #expect(reply.errorKind == "upstreamRefused" && size == 0, "\(reply.text)")
        #expect(try get(gateway, "in-chunks").size == 100_000)
    }

    @Test func `a file that comes too slowly is empty when the deadline is told`() throws {
        let gateway = try gateway()
        for _ in 0..<5 {
            let (reply, size) = try get(gateway, "slow", deadline: 200)
            // The transfer has the same deadline, and may be the first to say so.
            #expect(["deadlineExceeded", "upstreamTimeout"].contains(reply.errorKind), "\(reply.text)")
            #expect(size == 0)
        }
    }

    @Test func `an upload that the server did not read is no success`() throws {
        let gateway = try gateway()
        for (name, isWhole) in [("usual", true), ("early", false), ("early-end", false), ("fails", false)] {
            let file = try scene.file(String(repeating: "0123456789abcde\n", count: 250_000))
            let params: JSONValue = [
                "gateway": gateway, "target": ["path": .string("/FTUR/" + name)], "file": ["fd": 0],
            ]
            let reply = try client.call("putFile", params, [file.number])
            #expect((reply["result"]?["bytes"] == 4_000_000) == isWhole, "\(name): \(reply.text)")
            if !isWhole {
                // Part of it may be there: a client that obeys does not send it again by itself.
                #expect(reply["error"]?["data"]?["retryable"] == false, "\(name): \(reply.text)")
                #expect(reply["error"]?["data"]?["outcome"] == "unknown", "\(name): \(reply.text)")
            }
            if name.hasPrefix("early") { #expect(reply.errorKind == "upstreamAnswer", "\(name): \(reply.text)") }
        }
    }
}
