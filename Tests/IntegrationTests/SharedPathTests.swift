// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// `scanPath`: the engine reads a file of the share itself.
@Suite struct SharedPathTests {
    private static func scan(_ scene: Scene, _ path: String, wrong: WireObserver.OnPurpose = []) throws -> JSONValue {
        let params: JSONValue = ["filePath": .string(path), "profile": "lab", "deadlineMs": 20_000]
        return try scene.connect(wrong: wrong).call("scanPath", params)
    }

    @Test func `a file of the share is judged without passing through the daemon`() throws {
        let scene = try Scene()
        try scene.folder.write("lab/files2scan/clean.txt", "hello\n")
        try scene.folder.write("lab/files2scan/bad.txt", eicar)
        let clean = try Self.scan(scene, "/files2scan/clean.txt")
        #expect(clean.verdict == "clean")
        #expect(clean["result"]?["sha256"] == JSONValue.null)
        #expect(clean["result"]?["size"] == JSONValue.null)
        #expect(clean["result"]?["bytesScanned"] == 6)
        #expect(try Self.scan(scene, "/files2scan/bad.txt").verdict == "infected")
        #expect(try scene.lab.count("scanFile") == 0)
        #expect(try scene.lab.count("scanFilePath") == 2)
    }

    @Test func `a path map translates a local path`() throws {
        let scene = try Scene()
        try scene.folder.write("lab/files2scan/bad.txt", eicar)
        #expect(try Self.scan(scene, scene.lab.directory + "/files2scan/bad.txt").verdict == "infected")
    }

    @Test func `a file that is not there is not scanned`() throws {
        let reply = try Self.scan(try Scene(), "/files2scan/none")
        #expect(reply.verdict == "notScanned")
        #expect(reply["result"]?["reason"] == "fileAccessFailed")
    }

    @Test func `paths outside of the shared folders are refused and the engine never hears of them`() throws {
        let scene = try Scene()
        for path in [
            "/etc/passwd", "/files2scan", "/files2scan/", "/files2scanner/a", "//files2scan/a", "/files2scan/a\\b",
        ] {
            #expect(try Self.scan(scene, path).errorKind == "pathNotShared", "\(path)")
        }
        for path in ["files2scan/a", "/files2scan/../etc/passwd", "/files2scan/./a", "/files2scan/a\u{0}", ""] {
            #expect(try Self.scan(scene, path, wrong: .requests).errorKind == "invalidParams", "\(path)")
        }
        #expect(try scene.lab.requests().isEmpty)
    }

    @Test func `without shared folders every path is refused`() throws {
        let scene = try Scene { configuration, _ in
            let lines = configuration.split(separator: "\n", omittingEmptySubsequences: false)
            let rest = lines.filter { line in
                !["sharedPaths:", "pathMaps:", "- local:", "remote:"].contains { line.contains($0) }
            }
            return rest.joined(separator: "\n")
        }
        #expect(try Self.scan(scene, "/files2scan/a").errorKind == "pathNotShared")
    }

    @Test func `rejected tokens are renewed once, and the path is sent once more`() throws {
        let scene = try Scene()
        try scene.folder.write("lab/files2scan/clean.txt", "hello\n")
        #expect(try Self.scan(scene, "/files2scan/clean.txt").verdict == "clean")
        try scene.lab.revoke("access")
        #expect(try Self.scan(scene, "/files2scan/clean.txt").verdict == "clean")
        #expect(try scene.lab.count("scanFilePath") == 3)
        #expect(try scene.lab.count("refresh") == 1)
    }

    @Test(arguments: [
        ("status=500", "upstreamFailed"), ("status=404", "upstreamRefused"), ("wrongJson", "upstreamAnswer"),
    ])
    func `a fault of the engine is an error and never a verdict`(_ fault: String, _ kind: String) throws {
        let scene = try Scene()
        try scene.folder.write("lab/files2scan/clean.txt", "hello\n")
        try scene.lab.fault("scanFilePath:" + fault)
        #expect(try Self.scan(scene, "/files2scan/clean.txt").errorKind == kind)
    }
}
