// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Testing

/// What the daemon makes of an ICAP service's options.
@Suite(.timeLimit(.minutes(2))) struct ICAPServiceOptionsTests {
    private static func scene(_ options: String) throws -> (EngineStandIn, EngineScene) {
        let folder = try TemporaryFolder()
        let engine = try EngineStandIn(.icap, at: folder.path("engine"))
        engine.answerOptions(options)
        let keys = "engine: icap, socket: \(engine.path), url: 'icap://localhost/AVSCAN'"
        return (engine, try EngineScene(in: folder, [("local", keys)]))
    }

    @Test(arguments: [
        "ICAP/1.0 404 No\r\n\r\n", "ICAP/1.0 405 No\r\n\r\n", "ICAP/1.0 501 No\r\n\r\n", "ICAP/1.0 500 No\r\n\r\n", "",
        "nothing of the kind", "ICAP/1.0 200 OK\r\nMax-Connections: 99999999999999999999\r\nAllow: 204\r\n\r\n",
        "ICAP/1.0 200 OK\r\nAllow: 204\r\n" + String(repeating: "X: y\r\n", count: 10_000) + "\r\n",
    ])
    func `a service without options that can be read is used as it is`(_ answer: String) throws {
        let (engine, scene) = try Self.scene(answer)
        #expect(try scene.scan(content: "hello\n").verdict == "clean")
        #expect(try scene.scan(content: eicar).verdict == "infected")
        #expect(engine.questions == 1)
    }

    @Test func `a service is asked once, and its tag stands for its definitions`() throws {
        let (engine, scene) = try Self.scene("ICAP/1.0 200 OK\r\nAllow: 204\r\nISTag: \"V-7\"\r\n\r\n")
        for _ in 0..<3 {
            #expect(try scene.scan(content: "hello\n")["result"]?["engine"]?["definitions"] == "V-7")
        }
        #expect(engine.questions == 1)
    }

    @Test func `nothing is clean by a 204 that was not asked for`() throws {
        let (engine, scene) = try Self.scene("ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\n\r\n")
        let reply = try scene.scan(content: "hello\n")
        #expect(reply.errorKind == "upstreamAnswer", "\(reply)")
        #expect(try scene.scan(content: eicar).verdict == "infected")
        #expect(engine.questions == 1)
    }

    @Test func `a service that takes no responses is refused before it gets a file`() throws {
        let (engine, scene) = try Self.scene("ICAP/1.0 200 OK\r\nMethods: REQMOD\r\nAllow: 204\r\n\r\n")
        #expect(try scene.scan(content: "hello\n").errorKind == "upstreamRefused")
        #expect(engine.served == 1)
    }

    private static let withPreview =
        "ICAP/1.0 200 OK\r\nAllow: 204\r\nPreview: 1024\r\nMax-Connections: 99\r\n\r\n"

    @Test(arguments: [0, 1, 2, 1023, 1024, 1025, 300_000])
    func `a file is scanned when the service has seen the beginning and wants the rest`(_ size: Int) throws {
        let (engine, scene) = try Self.scene(Self.withPreview)
        let content = String(repeating: "x", count: size)
        #expect(try scene.scan(content: content).verdict == "clean")
        #expect(try scene.scan(try scene.file(content)).verdict == "clean")
        #expect(try scene.scan(content: content + eicar).verdict == "infected")
        #expect(engine.questions == 1)
    }

    @Test func `what a service passes over after the beginning is not clean, and what it finds there is infected`()
        throws
    {
        let (engine, scene) = try Self.scene(Self.withPreview)
        #expect(try scene.scan(content: "x").verdict == "clean")
        engine.answerPreviews(.judges)
        for size in [1, 2, 1023, 1024, 1025, 300_000] {
            let content = String(repeating: "x", count: size)
            let reply = try scene.scan(content: content)
            #expect(reply.errorKind == "upstreamAnswer", "\(size): \(reply)")
            #expect(try scene.scan(try scene.file(content)).errorKind == "upstreamAnswer")
        }
        #expect(try scene.scan(content: eicar + String(repeating: "x", count: 100_000)).verdict == "infected")
        #expect(try scene.scan(content: eicar).verdict == "infected")
    }

    // A scan of chunks began with the first one. Where the rest then fitted into the preview, the service had seen all of the
    // file there, and its 204 to what it had passed over was the verdict clean.
    @Test(arguments: [1, 100, 1024, 1025, 5000])
    func `chunks that come late are as a file that is there`(_ size: Int) throws {
        let (engine, scene) = try Self.scene(Self.withPreview)
        #expect(try scene.scan(content: "x").verdict == "clean")
        engine.answerPreviews(.judges)
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["chunks": true]], id: 7)
        let bytes = [UInt8](repeating: 0x78, count: size)
        try client.chunk(id: 7, Array(bytes.dropLast()))
        #expect(try client.answersPing())
        try client.chunk(id: 7, Array(bytes.suffix(1)), isLast: true)
        let reply = try client.reply()
        #expect(reply.errorKind == "upstreamAnswer", "\(reply)")
        engine.answerPreviews(.goesOn)
        try client.request("scanFile", ["file": ["chunks": true]], id: 8)
        try client.chunk(id: 8, bytes)
        #expect(try client.answersPing())
        try client.chunk(id: 8, Array(eicar.utf8), isLast: true)
        #expect(try client.reply().verdict == "infected")
    }

    // It was used without a preview then, and a file that it passed over was clean.
    @Test func `a service that has never said what it is gets no file`() throws {
        let (engine, scene) = try Self.scene(Self.withPreview)
        engine.answerPreviews(.judges)
        engine.fault(.silence, once: true)
        let first = try scene.scan(content: "hello\n")
        #expect(first.verdict == nil, "\(first)")
        try waitUntil("it is asked again") {
            try scene.scan(content: "hello\n").errorKind == "upstreamAnswer"
        }
        engine.answerPreviews(.goesOn)
        #expect(try scene.scan(content: "hello\n").verdict == "clean")
    }

    @Test(arguments: [EngineStandIn.PreviewAnswer.hurries, .repeats])
    func `a service that answers without waiting for the rest is not believed`(
        _ answer: EngineStandIn.PreviewAnswer
    ) throws {
        let (engine, scene) = try Self.scene(Self.withPreview)
        #expect(try scene.scan(content: "x").verdict == "clean")
        engine.answerPreviews(answer)
        for size in [1, 2000, 300_000] {
            let reply = try scene.scan(content: String(repeating: "x", count: size))
            #expect(reply.errorKind == "upstreamAnswer", "\(size): \(reply)")
        }
        engine.answerPreviews(.goesOn)
        #expect(try scene.scan(content: "x").verdict == "clean")
    }

    @Test func `no more connections are made than the service takes`() throws {
        let (engine, scene) = try Self.scene("ICAP/1.0 200 OK\r\nAllow: 204\r\nMax-Connections: 2\r\n\r\n")
        #expect(try scene.scan(content: "hello\n").verdict == "clean")
        let before = engine.served
        engine.hold()
        let file = try scene.file("hello\n")
        let clients = try (0..<6).map { _ in try scene.connect() }
        for client in clients { try client.request("scanFile", ["file": ["fd": 0]], [file.number]) }
        try waitUntil("two scans are with the engine") { engine.served == before + 2 }
        engine.proceed()
        for client in clients { #expect(try client.reply().verdict == "clean") }
        #expect(engine.served == before + 6)
        #expect(engine.mostAtOnce == 2)
    }

    @Test func `callers who leave the line, or the engine, make room`() throws {
        let (engine, scene) = try Self.scene("ICAP/1.0 200 OK\r\nAllow: 204\r\nMax-Connections: 1\r\n\r\n")
        #expect(try scene.scan(content: "hello\n").verdict == "clean")
        let before = engine.served
        engine.hold()
        let file = try scene.file("hello\n")
        var clients = try (0..<4).map { _ in try scene.connect() }
        for client in clients { try client.request("scanFile", ["file": ["fd": 0]], [file.number]) }
        try waitUntil("a scan is with the engine") { engine.served > before }
        clients = []
        engine.proceed()
        #expect(try scene.scan(content: "hello\n").verdict == "clean")
    }
}
