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
