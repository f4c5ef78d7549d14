// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct ScanOptionTests {
    @Test func `a request says what the options say and its file comes with it`() throws {
        let scene = try Scene()
        try scene.folder.write("report.pdf", "ok")
        let result = try scene.scan("--profile", "pro", "--timeout", "1.5", scene.path("report.pdf"))
        #expect(result.status == 0)
        let request = try #require(scene.daemon.requests.first)
        #expect(request.method == "scanFile")
        #expect(request.files == [Array("ok".utf8)])
        #expect(
            request.parameters
                == ["file": ["fd": 0], "name": "report.pdf", "profile": "pro", "deadlineMs": 1500]
        )
    }

    @Test func `the summary stands on standard error and can be left out`() throws {
        let scene = try Scene()
        try scene.folder.write("f", "bad")
        let loud = try scene.scan(scene.path("f"))
        #expect(loud.errors.contains("SCAN SUMMARY"))
        #expect(loud.errors.contains("Infected: 1\n"))
        let quiet = try scene.scan("--quiet", scene.path("f"))
        #expect(quiet.errors.isEmpty)
        #expect(quiet.text == loud.text)
    }

    @Test func `only infected lines can be asked for, and the exit code stays`() throws {
        let scene = try Scene()
        for name in ["ok", "bad", "odd"] { try scene.folder.write(name, name) }
        let result = try scene.scan("--infected", scene.path("ok"), scene.path("bad"), scene.path("odd"))
        #expect(result.lines == ["\(scene.path("bad")): Bad.Thing FOUND"])
        let failed = try scene.scan("--infected", scene.path("ok"), scene.path("odd"))
        #expect(failed.text.isEmpty)
        #expect(failed.status == 2)
    }

    @Test func `JSON lines hold the daemon's objects or errors`() throws {
        let scene = try Scene()
        for name in ["ok", "bad", "err"] { try scene.folder.write(name, name) }
        let names = ["ok", "bad", "err", "missing", ""]
        let result = try scene.program.run(
            bytes: (["scan", "--json", "-j1"] + names.map(scene.path)).map { Array($0.utf8) }
        )
        let lines = try result.lines.map { try JSONValue(parsing: $0) }
        #expect(lines.map { $0["path"]?.string } == names.map(scene.path))
        #expect(lines[0]["result"] == FakeDaemon.verdict("clean"))
        #expect(lines[1]["result"]?["threats"]?.array?.first?["name"] == "Bad.Thing")
        #expect(lines[2]["error"]?["data"]?["hint"] == "come back")
        #expect(lines[3]["error"]?["code"] == -32013)
        #expect(lines[4]["error"]?["data"]?["kind"] == "fileRefused")
        #expect(result.status == 1)
    }

    @Test(arguments: [false, true])
    func `standard input is scanned from a pipe and from a file`(_ isFile: Bool) throws {
        var scene = try Scene()
        scene.program.input = .pipe(Array("bad".utf8))
        var number: Int32 = -1
        if isFile {
            try scene.folder.write("f", "bad")
            number = open(scene.path("f"), O_RDONLY | O_CLOEXEC)
            // Wherever the position is: the whole file counts.
            lseek(number, 2, SEEK_SET)
            scene.program.input = .file(number)
        }
        defer { if isFile { _ = close(number) } }
        let result = try scene.scan("-", "--name", "mail.eml")
        #expect(result.text == "-: Bad.Thing FOUND\n")
        #expect(scene.daemon.requests.first?.parameters["name"] == "mail.eml")
    }

    @Test func `standard input that cannot be spooled says where`() throws {
        var scene = try Scene()
        scene.program.input = .pipe(Array("bad".utf8))
        scene.program.environment["TMPDIR"] = scene.path("none")
        let result = try scene.scan("-")
        #expect(result.text == "-: fileUnreadable NOT SCANNED\n")
        #expect(result.errors.contains(scene.path("none")))
        #expect(result.errors.contains("TMPDIR"))
        #expect(result.status == 2)
    }

    @Test func `the spooled copy leaves nothing behind`() throws {
        var scene = try Scene()
        try scene.folder.makeFolder("tmp")
        scene.program.input = .pipe(Array("ok".utf8))
        scene.program.environment["TMPDIR"] = scene.path("tmp")
        #expect(try scene.scan("-").status == 0)
        #expect(rmdir(scene.path("tmp")) == 0)
    }

    @Test(arguments: [
        ["scan"], ["scan", "--timeout", "0", "x"], ["scan", "--timeout", "3601", "x"], ["scan", "--timeout", "x", "x"],
        ["scan", "-", "-"], ["scan", "--name", "n", "x"], ["scan", "--name", "", "-"], ["scan", "--name", "a/b", "-"],
        ["scan", "--name", "a\nb", "-"],
        ["scan", "--bogus", "x"], ["scan", "-j", "0", "x"], ["scan", "-j", "65", "x"], ["scan", "-j", "x", "x"],
        ["scan", ""], ["bogus"], ["rpc"], ["rpc", "m", "{"], ["token", "bogus"],
        ["ping", "--timeout", "nan"],
    ])
    func `wrong usage ends with 64`(_ arguments: [String]) throws {
        let scene = try Scene()
        let result = try scene.program.run(bytes: arguments.map { Array($0.utf8) })
        #expect(result.status == 64)
        #expect(result.text.isEmpty)
        #expect(!result.errors.isEmpty)
    }

    @Test func `a reader that went away ends the program quietly and never with success`() throws {
        var scene = try Scene()
        try scene.folder.write("f", "ok")
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        _ = close(ends[0])
        scene.program.output = ends[1]
        let result = try scene.scan("--quiet", scene.path("f"))
        _ = close(ends[1])
        #expect(result.status == 2)
        #expect(result.errors.isEmpty)
    }

    @Test func `a full disk under standard output is told`() throws {
        var scene = try Scene()
        try scene.folder.write("f", "ok")
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        scene.program.output = full
        let result = try scene.scan("--quiet", scene.path("f"))
        _ = close(full)
        #expect(result.status == 2)
        #expect(result.errors.contains("No space left"))
    }
}
