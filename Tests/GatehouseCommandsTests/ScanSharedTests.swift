// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehouseClient
import GatehouseCommands
import GatehouseWire
import Testing

/// `gatehouse scan --shared`: the engine reads the files itself.
@Suite(.timeLimit(.minutes(1))) struct ScanSharedTests {
    /// Judges by the path; what only the engine read has no size.
    private static func judge(_ request: FakeDaemon.Request, _ peer: FakeDaemon.Peer) {
        let path = request.parameters["filePath"]?.string ?? ""
        guard path.hasPrefix("/share/") else { return peer.fail(request, .pathNotShared) }
        let verdict =
            path.contains("bad")
            ? FakeDaemon.verdict("infected", threats: ["Bad.Thing"]) : FakeDaemon.verdict("clean")
        peer.answer(
            request,
            verdict.setting("size", JSONValue.null).setting("sha256", JSONValue.null).setting("bytesScanned", 7)
        )
    }

    @Test func `paths are named to the daemon, and nothing on this host is opened`() throws {
        let scene = try Scene(Self.judge)
        let result = try scene.scan("--shared", "-j1", "--profile", "pro", "/share/ok", "/share/bad", "/etc/passwd")
        #expect(
            result.lines == ["/share/ok: OK", "/share/bad: Bad.Thing FOUND", "/etc/passwd: pathNotShared NOT SCANNED"]
        )
        #expect(result.status == 1)
        #expect(result.errors.contains("Files: 3\n"))
        #expect(result.errors.contains("Bytes: 14\n"))
        let requests = scene.daemon.requests
        #expect(requests.allSatisfy { $0.method == "scanPath" && $0.files.isEmpty })
        #expect(requests.first?.parameters == ["filePath": "/share/ok", "profile": "pro"])
    }

    @Test func `a relative path is one below the working directory as the shell calls it`() throws {
        let scene = try Scene(Self.judge)
        _ = try scene.scan("--shared", "ok")
        let path = try #require(scene.daemon.requests.first?.parameters["filePath"]?.string)
        #expect(path.hasPrefix("/") && path.hasSuffix("/ok"))
    }

    @Test(arguments: [
        ("a", "/w/d/a"), ("./a", "/w/d/a"), ("../a", "/w/a"), ("x/../../../../a", "/a"), ("x//y/.", "/w/d/x/y"),
        ("/share/../a", "/share/../a"), ("/share//a", "/share//a"),
    ])
    func `a path is made absolute as text, and one from the root stays as it is`(_ path: String, _ expected: String) {
        let folder = FilePath(bytes: Array("/w/d".utf8))
        #expect(FilePath(bytes: Array(path.utf8)).absolute(below: folder).bytes == Array(expected.utf8))
    }

    @Test(arguments: [["-r"], ["-"]])
    func `what needs the files on this host is wrong usage`(_ more: [String]) throws {
        let scene = try Scene(Self.judge)
        let arguments = ["scan", "--shared", "/share/a"] + more
        let result = try scene.program.run(bytes: arguments.map { Array($0.utf8) })
        #expect(result.status == 64)
        #expect(result.errors.contains("--shared"))
        #expect(scene.daemon.requests.isEmpty)
    }

    @Test func `a name that is not UTF-8 is not scanned, since JSON cannot carry it`() throws {
        let scene = try Scene(Self.judge)
        let result = try scene.program.run(bytes: [
            Array("scan".utf8), Array("--shared".utf8), Array("/share/".utf8) + [0xFF],
        ])
        #expect(result.lines == ["/share/\\xff: fileRefused NOT SCANNED"])
        #expect(result.status == 2)
        #expect(scene.daemon.requests.isEmpty)
    }
}
