// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// What a profile makes of its engine's verdicts: how long they count, and by how old definitions.
@Suite struct KeptVerdictTests {
    private func scene(_ lines: String) throws -> Scene {
        try Scene { configuration, _ in configuration.replacing("engine: spe", with: "engine: spe\n    " + lines) }
    }

    @Test func `the same file is sent once where verdicts are kept`() throws {
        let scene = try scene("cache: {seconds: 60}")
        for content in ["hello\n", eicar] {
            let before = try scene.lab.count("scanFile")
            let first = try scene.scan(content)
            let second = try scene.scan(content)
            #expect(first["result"]?["cached"] == false)
            #expect(second["result"]?["cached"] == true, "\(second.text)")
            for member in ["verdict", "sha256", "size", "traceId", "threats", "engine", "fileScanned"] {
                #expect(first["result"]?[member] == second["result"]?[member])
            }
            #expect(first["result"]?["requestId"] != second["result"]?["requestId"])
            #expect(try scene.lab.count("scanFile") == before + 1)
        }
        #expect(try scene.scan("hello\n", [("name", "another.txt")])["result"]?["cached"] == false)
        #expect(try scene.scan("other\n")["result"]?["cached"] == false)
    }

    @Test func `by default every file is sent`() throws {
        let scene = try Scene()
        for _ in 0..<2 { #expect(try scene.scan("hello\n")["result"]?["cached"] == false) }
        #expect(try scene.lab.count("scanFile") == 2)
    }

    @Test func `what was not scanned is sent again`() throws {
        let scene = try scene("cache: {}")
        try scene.lab.fault("scanFile:verdict=RESOURCE_UNAVAILABLE,times=1")
        #expect(try scene.scan("hello\n").verdict == "notScanned")
        let second = try scene.scan("hello\n")
        #expect(second.verdict == "clean")
        #expect(second["result"]?["cached"] == false)
    }

    @Test func `tokenStatus shows how old the definitions are`() throws {
        let scene = try scene("definitions: {warnAfterDays: 15, refuseAfterDays: 60}")
        func definitions() throws -> JSONValue? {
            try scene.connect().call("tokenStatus")["result"]?["profiles"]?.array?.first?["definitions"]
        }
        #expect(try definitions() == nil)
        let engine = try scene.scan("hello\n")["result"]?["engine"]
        try waitUntil("they are known") { try definitions() != nil }
        let shown = try definitions()
        #expect(shown?["text"] == engine?["definitions"])
        #expect(shown?["state"] == "current")
        #expect(shown?["ageDays"]?.integer.map { (0...1).contains($0) } == true)
    }

    @Test func `definitions that are too old refuse clean, and an infection still stands`() throws {
        let folder = try TemporaryFolder()
        // Its definitions are of November 2026.
        let engine = try EngineStandIn(.clamd, at: folder.path("engine"))
        let scene = try EngineScene(
            in: folder,
            [
                ("old", "engine: clamd, socket: \(engine.path), definitions: {refuseAfterDays: 1}"),
                ("any", "engine: clamd, socket: \(engine.path), definitions: {warnAfterDays: 1}"),
            ]
        )
        #expect(try scene.scan(content: "hello\n").errorKind == "definitionsTooOld")
        #expect(try scene.scan(content: eicar).verdict == "infected")
        #expect(try scene.scan(content: "hello\n", ["profile": "any"]).verdict == "clean")
    }
}
