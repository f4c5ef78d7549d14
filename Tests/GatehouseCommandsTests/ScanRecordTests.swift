// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// `gatehouse scan --skip-scanned`, with files of the system, which nobody has written just now.
@Suite(.timeLimit(.minutes(1))) struct ScanRecordTests {
    private static let old = ["/etc/passwd", "/etc/group"]

    private static func lines(_ scene: Scene) throws -> [JSONValue] {
        try text(scene).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    private static func text(_ scene: Scene) throws -> String {
        let number = open(scene.path("record"), O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.current("open") }
        let file = Descriptor(owning: number)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(file.number, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }

    private static func scan(_ scene: Scene, _ more: [String]) throws -> Program.Result {
        let words = ["scan", "-j1", "--skip-scanned", scene.path("record")] + more
        return try scene.program.run(bytes: words.map { Array($0.utf8) })
    }

    @Test func `a second run leaves out what the first found clean`() throws {
        let scene = try Scene()
        let first = try Self.scan(scene, Self.old)
        #expect(first.lines == Self.old.map { "\($0): OK" })
        let record = try Self.lines(scene)
        #expect(record.map { $0["path"]?.string } == Self.old)
        #expect(record.allSatisfy { $0["verdict"] == "clean" })
        let second = try Self.scan(scene, Self.old)
        #expect(second.status == 0)
        #expect(second.lines.isEmpty)
        #expect(second.errors.contains("Unchanged: 2\n"))
        #expect(scene.daemon.requests.count == 2)
        let json = try Self.scan(scene, ["--json"] + Self.old)
        #expect(json.lines == Self.old.map { "{\"path\":\"\($0)\",\"skipped\":\"unchanged\"}" })
    }

    @Test func `a run that is cut off has written down what was answered, and nothing that was on its way`() throws {
        let scene = try Scene { request, peer in
            switch request.parameters["name"] {
            case "passwd": break
            case "group": Scene.judge(request, peer)
            default: peer.close()
            }
        }
        let files = Self.old + ["/etc/hostname"]
        let first = try Self.scan(scene, ["-j2"] + files)
        #expect(first.status == 2)
        #expect(first.lines.count { $0.hasSuffix(": connectionLost NOT SCANNED") } == 2)
        #expect(try Self.lines(scene).map { $0["path"]?.string } == ["/etc/group"])
        let second = try Self.scan(scene, ["-j2"] + files)
        #expect(second.errors.contains("Unchanged: 1\n"))
    }

    @Test func `another profile scans anew`() throws {
        let scene = try Scene()
        _ = try Self.scan(scene, Self.old)
        _ = try Self.scan(scene, ["--profile", "pro"] + Self.old)
        #expect(scene.daemon.requests.count == 4)
    }

    @Test(arguments: ["size", "mtime", "ctime", "inode", "device"])
    func `a file that is not what it was is scanned`(_ member: String) throws {
        let scene = try Scene()
        _ = try Self.scan(scene, Self.old)
        let changed = try Self.lines(scene).map { line -> JSONValue in
            let other: JSONValue = line[member]?.string == nil ? 1 : "1"
            guard case .object(var object) = line else { return line }
            object[member] = other
            return .object(object)
        }
        try scene.folder.write("record", changed.map { $0.text + "\n" }.joined())
        _ = try Self.scan(scene, Self.old)
        #expect(scene.daemon.requests.count == 4)
    }

    @Test func `what was infected or not scanned is always scanned, and the last word counts`() throws {
        let answers = Locked(["clean", "infected", "clean"])
        let scene = try Scene { request, peer in
            let verdict = answers.withLock { $0.isEmpty ? "clean" : $0.removeFirst() }
            let threats = verdict == "infected" ? ["Bad.Thing"] : []
            peer.answer(request, FakeDaemon.verdict(verdict, threats: threats))
        }
        _ = try Self.scan(scene, ["/etc/passwd"])
        // A line of an engine that knows more now: the file is the same, the verdict is not.
        let line = try Self.text(scene)
        try scene.folder.write("record", line + line.replacing("\"clean\"", with: "\"infected\""))
        let second = try Self.scan(scene, ["/etc/passwd"])
        #expect(second.status == 1)
        #expect(try Self.scan(scene, ["/etc/passwd"]).lines == ["/etc/passwd: OK"])
        #expect(try Self.scan(scene, ["/etc/passwd"]).lines.isEmpty)
    }

    @Test func `a clean file that was written just now is scanned again`() throws {
        let scene = try Scene()
        try scene.folder.write("new", "ok")
        _ = try Self.scan(scene, [scene.path("new")])
        #expect(try Self.text(scene).isEmpty)
        #expect(try Self.scan(scene, [scene.path("new")]).lines.count == 1)
    }

    @Test func `lines that are cut off or no lines of ours are passed over, and the record goes on`() throws {
        let scene = try Scene()
        _ = try Self.scan(scene, ["/etc/passwd"])
        let whole = try Self.text(scene)
        let noise = "nonsense\n[]\n{\"verdict\":\"clean\"}\n" + String(repeating: "x", count: 100_000) + "\n"
        try scene.folder.write("record", noise + whole + String(whole.dropLast(20)))
        let result = try Self.scan(scene, Self.old)
        #expect(result.lines == ["/etc/group: OK"])
        #expect(result.errors.contains("could not be read: 5"))
        #expect(try Self.scan(scene, Self.old).lines.isEmpty)
    }

    @Test func `a record that others may write is refused`() throws {
        let scene = try Scene()
        try scene.folder.write("record", "")
        chmod(scene.path("record"), 0o666)
        let result = try Self.scan(scene, Self.old)
        #expect(result.status == 2)
        #expect(result.errors.contains("others may write it"))
        #expect(scene.daemon.requests.isEmpty)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file to another user"))
    func `a record of another user's is refused, whatever its mode`() throws {
        let scene = try Scene()
        try scene.folder.write("record", "")
        chmod(scene.path("record"), 0o600)
        try #require(chown(scene.path("record"), 12345, 12345) == 0)
        let result = try Self.scan(scene, Self.old)
        #expect(result.status == 2)
        #expect(result.errors.contains("it is another user's"))
        #expect(!result.errors.contains("chmod"))
        #expect(scene.daemon.requests.isEmpty)
    }

    @Test func `an infected file is in the record and in no way left out`() throws {
        let scene = try Scene()
        try scene.folder.write("f", "bad")
        for _ in 0..<2 { #expect(try Self.scan(scene, [scene.path("f")]).status == 1) }
        #expect(try Self.lines(scene).map { $0["verdict"] } == ["infected", "infected"])
    }

    @Test func `a record that cannot be written is said, and is no success, though all is scanned`() throws {
        let scene = try Scene()
        var program = scene.program
        program.mayNotWriteFiles = true
        let words = ["scan", "-j1", "--skip-scanned", scene.path("record")] + Self.old
        let result = try program.run(bytes: words.map { Array($0.utf8) })
        #expect(result.lines == Self.old.map { "\($0): OK" })
        #expect(result.errors.contains("the record could not be written: File too large\n"))
        #expect(result.status == 2)
    }
}
