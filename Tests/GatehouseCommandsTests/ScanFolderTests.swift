// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseCommands
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct ScanFolderTests {
    @Test func `a folder without -r is refused`() throws {
        let scene = try Scene()
        try scene.folder.write("f", "ok")
        let result = try scene.scan(scene.folder.path)
        #expect(result.text == "\(scene.folder.path): fileRefused NOT SCANNED\n")
        #expect(result.errors.contains("-r"))
        #expect(result.status == 2)
    }

    @Test func `with -r folders are walked in order and what is no file is skipped and said`() throws {
        let scene = try Scene()
        try scene.folder.makeFolder("d")
        try scene.folder.makeFolder("d/b")
        try scene.folder.write("outside", "bad")
        for name in ["d/c", "d/a", "d/b/x", "d/B", "d/b-"] { try scene.folder.write(name, "ok") }
        #expect(mkfifo(scene.path("d/pipe"), 0o600) == 0)
        #expect(symlink("../outside", scene.path("d/link")) == 0)
        #expect(symlink("..", scene.path("d/b/loop")) == 0)
        #expect(symlink("nowhere", scene.path("d/dangling")) == 0)
        let result = try scene.scan("-r", "-j", "1", scene.path("d"))
        let expected = ["d/B", "d/a", "d/b/x", "d/b-", "d/c"]
        #expect(result.lines == expected.map { "\(scene.path($0)): OK" })
        #expect(result.status == 0)
        for (name, kind) in [
            ("d/pipe", "a pipe"), ("d/link", "a symbolic link"), ("d/b/loop", "a symbolic link"),
            ("d/dangling", "a symbolic link"),
        ] {
            #expect(result.errors.contains("\(scene.path(name)): skipped: it is \(kind)\n"))
        }
        #expect(result.errors.contains("Skipped: 4\n"))
    }

    @Test(arguments: [1, 3, 10, 11])
    func `a large folder is read in parts, each in the order of its names`(_ namesAtOnce: Int) throws {
        let folder = try TemporaryFolder()
        let names = (0..<10).map { "\($0)" }
        for name in names { try folder.write(name) }
        let path = FilePath(bytes: Array(folder.path.utf8))
        let listing = try FolderListing(
            in: AT_FDCWD,
            path,
            path: path,
            followingLinks: false,
            namesAtOnce: namesAtOnce
        )
        var parts: [[String]] = []
        var count = 0
        while let name = try listing.next() {
            if count.isMultiple(of: namesAtOnce) { parts.append([]) }
            parts[parts.count - 1].append(String(decoding: name, as: UTF8.self))
            count += 1
        }
        #expect(parts.allSatisfy { $0 == $0.sorted() })
        #expect(parts.flatMap { $0 }.sorted() == names)
        let more = try listing.next()
        #expect(more == nil)
    }

    @Test func `a folder that nothing is in has nothing to scan`() throws {
        let scene = try Scene()
        try scene.folder.makeFolder("d")
        #expect(mkfifo(scene.path("d/pipe"), 0o600) == 0)
        let result = try scene.scan("-r", scene.path("d"))
        #expect(result.status == 2)
        #expect(result.text.isEmpty)
        #expect(result.errors.contains("nothing was found to scan"))
    }

    @Test(arguments: [true, false])
    func `a pipe, a device and a missing file as arguments are told and block nothing`(_ recursive: Bool) throws {
        let scene = try Scene()
        #expect(mkfifo(scene.path("pipe"), 0o600) == 0)
        let names = [scene.path("pipe"), "/dev/null", scene.path("none"), scene.daemon.path]
        let arguments = (recursive ? ["scan", "-r"] : ["scan"]) + names
        let result = try scene.program.run(bytes: arguments.map { Array($0.utf8) })
        let kinds = ["fileRefused", "fileRefused", "fileUnreadable", "fileRefused"]
        #expect(result.lines == zip(names, kinds).map { "\($0): \($1) NOT SCANNED" })
        #expect(result.status == 2)
        #expect(scene.daemon.requests.isEmpty)
    }

    @Test func `a link that is named as an argument is followed`() throws {
        let scene = try Scene()
        try scene.folder.write("f", "bad")
        #expect(symlink("f", scene.path("link")) == 0)
        #expect(try scene.scan(scene.path("link")).text == "\(scene.path("link")): Bad.Thing FOUND\n")
        #expect(scene.daemon.requests.first?.parameters["name"] == "link")
    }

    @Test func `folders too deep to hold open are told`() throws {
        let scene = try Scene()
        // Made from within, since the whole path is longer than a system call takes.
        var number = open(scene.folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for _ in 0..<300 {
            #expect(mkdirat(number, "deep-folder-name", 0o700) == 0)
            let next = openat(number, "deep-folder-name", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            _ = close(number)
            number = next
        }
        let result = try scene.scan("-r", scene.folder.path)
        #expect(result.lines.count == 1)
        #expect(result.text.hasSuffix(": fileRefused NOT SCANNED\n"))
        #expect(result.status == 2)
        for _ in 0..<300 {
            let parent = openat(number, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            _ = close(number)
            number = parent
            #expect(unlinkat(number, "deep-folder-name", AT_REMOVEDIR) == 0)
        }
        _ = close(number)
    }

    @Test(
        arguments: [
            ([0x61, 0x0A, 0x62], "a\\x0ab", "a_b"), ([0x1B, 0x5B, 0x33, 0x31, 0x6D], "\\x1b[31m", "_[31m"),
            ([0xFF, 0xFE], "\\xff\\xfe", "__"), ([0x61, 0x5C, 0x62], "a\\\\b", "a\\b"),
            (Array("ä€😀".utf8), "ä€😀", "ä€😀"), (Array("\u{9B}x".utf8), "\\xc2\\x9bx", "_x"),
            (Array("a\u{202E}b".utf8), "a\\xe2\\x80\\xaeb", "a\u{202E}b"), ([0xE2, 0x82], "\\xe2\\x82", "__"),
            ([0x20, 0x7F], " \\x7f", " _"),
            (Array("\u{10FFFE}0\u{10FFFE}".utf8), "\u{10FFFE}0\u{10FFFE}", "\u{10FFFE}0\u{10FFFE}"),
        ] as [([UInt8], String, String)]
    )
    func `names are bytes to the kernel, visible to people and text to the daemon`(
        _ name: [UInt8],
        _ visible: String,
        _ sent: String
    ) throws {
        let scene = try Scene()
        try scene.folder.makeFolder("d")
        try scene.folder.write(Array("d/".utf8) + name, "bad")
        let expected = "\(scene.path("d"))/\(visible): Bad.Thing FOUND\n"
        #expect(try scene.scan("-r", scene.path("d")).text == expected)
        let path = scene.folder.path(Array("d/".utf8) + name)
        #expect(try scene.program.run(bytes: [Array("scan".utf8), path]).text == expected)
        #expect(scene.daemon.requests.map { $0.parameters["name"]?.string } == [sent, sent])
        let line = try scene.program.run(bytes: [Array("scan".utf8), Array("--json".utf8), path]).output.dropLast()
        let object = try JSONValue(parsing: line)
        #expect(object["path"]?.string == String(decoding: path, as: UTF8.self))
        if String(validating: path, as: UTF8.self) == nil {
            #expect(object["pathBytes"]?.array?.map(\.integer) == path.map { Int64($0) })
        } else {
            #expect(object["pathBytes"] == nil)
        }
    }

    @Test func `a threat's name cannot command the terminal`() throws {
        let scene = try Scene { request, peer in
            peer.answer(request, FakeDaemon.verdict("infected", threats: ["\u{1B}[2J\n/etc/passwd: OK"]))
        }
        try scene.folder.write("f")
        let result = try scene.scan(scene.path("f"))
        #expect(result.text == "\(scene.path("f")): \\x1b[2J\\x0a/etc/passwd: OK FOUND\n")
    }

    @Test(.disabled(if: geteuid() == 0, "root may read everything"))
    func `what the user may not read is told`() throws {
        let scene = try Scene()
        try scene.folder.write("f", "ok")
        #expect(chmod(scene.path("f"), 0) == 0)
        #expect(try scene.scan(scene.path("f")).text == "\(scene.path("f")): fileUnreadable NOT SCANNED\n")
    }
}
