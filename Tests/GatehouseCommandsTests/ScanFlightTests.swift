// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Many files, and connections that end.
@Suite(.timeLimit(.minutes(1))) struct ScanFlightTests {
    /// Which request it is that came, counted from 1.
    private final class Counter: Sendable {
        private let value = Locked(0)

        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }

    private static func arguments(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

    @Test(arguments: [([], 8), (["-j", "1"], 1), (["-j3"], 3), (["-j", "64"], 64)] as [([String], Int)])
    func `as many scans are in flight as -j says`(_ option: [String], _ count: Int) throws {
        let held = Locked<[FakeDaemon.Request]>([])
        let scene = try Scene { request, peer in
            let all = held.withLock { held in
                held.append(request)
                defer { if held.count == count { held = [] } }
                return held.count == count ? held : []
            }
            for request in all.reversed() { Scene.judge(request, peer) }
        }
        try scene.folder.makeFolder("d")
        let names = (100..<(100 + 3 * count)).map { "d/\($0)" }
        for name in names { try scene.folder.write(name, "ok") }
        let result = try scene.program.run(bytes: Self.arguments(["scan", "-r"] + option + [scene.path("d")]))
        #expect(result.lines.sorted() == names.map { "\(scene.path($0)): OK" })
        #expect(result.status == 0)
    }

    @Test func `a slow file holds back nobody, and few descriptors are open`() throws {
        let counter = Counter()
        let first = Locked<FakeDaemon.Request?>(nil)
        var scene = try Scene { request, peer in
            let number = counter.next()
            if number == 1 { return first.withLock { $0 = request } }
            Scene.judge(request, peer)
            if number == 3000, let slow = first.withLock({ $0 }) { Scene.judge(slow, peer) }
        }
        try scene.folder.makeFolder("d")
        let names = (1000..<4000).map { "d/\($0)" }
        for name in names { try scene.folder.write(name, "ok") }
        // 16 files, the socket, the folder and its copy, and what the test program leaves open in its children.
        scene.program.descriptorLimit = 64
        let result = try scene.scan("-r", "-j", "16", scene.path("d"))
        #expect(result.lines == (names.dropFirst() + names.prefix(1)).map { "\(scene.path($0)): OK" })
        #expect(result.errors.contains("Files: 3000\n"))
        #expect(result.status == 0)
    }

    @Test(arguments: [[], ["--json"]])
    func `a line is written before anything more is waited for`(_ option: [String]) throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        defer { for end in [reader, writer] { _ = close(end) } }
        let seen = Locked("")
        let held = Locked<[FakeDaemon.Request]>([])
        var scene = try Scene { request, peer in
            if request.parameters["name"] == "2" { return Scene.judge(request, peer) }
            held.withLock { $0.append(request) }
            guard request.parameters["name"] == "3" else { return }
            // The slow one and this one are in flight: the line of the second has no more to wait for.
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(reader, &buffer, buffer.count)
            seen.withLock { $0 = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) }
            for request in held.withLock({ $0 }) { Scene.judge(request, peer) }
        }
        for name in ["1", "2", "3"] { try scene.folder.write(name, "ok") }
        scene.program.output = writer
        let paths = ["1", "2", "3"].map(scene.path)
        let result = try scene.program.run(bytes: Self.arguments(["scan", "-q", "-j", "2"] + option + paths))
        #expect(result.status == 0)
        let line = seen.withLock { $0 }
        if option.isEmpty {
            #expect(line == "\(paths[1]): OK\n")
        } else {
            #expect(try JSONValue(parsing: line)["path"]?.string == paths[1])
        }
    }

    @Test func `what needs no scan is passed while a slow one goes on`() throws {
        let slow = Locked<FakeDaemon.Request?>(nil)
        let scene = try Scene { request, peer in
            if request.parameters["name"] == "0" { return slow.withLock { $0 = request } }
            if let slow = slow.withLock({ $0 }) { Scene.judge(slow, peer) }
            Scene.judge(request, peer)
        }
        try scene.folder.makeFolder("d")
        for name in 1000..<4000 { #expect(symlink("nowhere", scene.path("d/\(name)")) == 0) }
        try scene.folder.write("d/0", "ok")
        try scene.folder.write("d/9", "bad")
        let result = try scene.scan("--json", "-r", "-j", "2", scene.path("d"))
        let lines = try result.lines.map { try JSONValue(parsing: $0) }
        #expect(lines.prefix(3000).allSatisfy { $0["skipped"] == "symbolicLink" })
        #expect(lines.dropFirst(3000).map { $0["path"]?.string } == ["d/0", "d/9"].map(scene.path))
        #expect(result.errors.contains("Skipped: 3000\n"))
        #expect(result.status == 1)
    }

    @Test func `what a lost connection left unanswered is sent again over a new one`() throws {
        let counter = Counter()
        let scene = try Scene { request, peer in
            // The first is answered; what came with the second and after it is not.
            if counter.next() == 2 { peer.close() } else { Scene.judge(request, peer) }
        }
        let names = ["1", "2", "3", "4"]
        for name in names { try scene.folder.write(name, name == "3" ? "bad" : "ok") }
        let paths = names.map(scene.path)
        let result = try scene.program.run(bytes: Self.arguments(["scan", "-j", "2"] + paths))
        #expect(result.lines.sorted() == paths.map { $0 == paths[2] ? "\($0): Bad.Thing FOUND" : "\($0): OK" })
        #expect(result.status == 1)
        #expect(result.errors.contains("connected again"))
    }

    @Test func `a file that ends the connection twice is not sent a third time`() throws {
        let scene = try Scene { _, peer in peer.close() }
        try scene.folder.write("f", "ok")
        let result = try scene.scan("-j", "1", scene.path("f"), scene.path("f"))
        #expect(result.text == "\(scene.path("f")): connectionLost NOT SCANNED\n")
        #expect(result.errors.contains("stopped"))
        #expect(scene.daemon.requests.count == 2)
        #expect(result.status == 2)
    }

    @Test func `a daemon that is gone for good ends the run`() throws {
        let path = Locked("")
        let scene = try Scene { _, peer in
            _ = unlink(path.withLock { $0 })
            peer.close()
        }
        path.withLock { $0 = scene.daemon.path }
        try scene.folder.write("f", "ok")
        let result = try scene.scan("--quiet", "-j", "1", scene.path("f"), scene.path("f"))
        #expect(result.text == "\(scene.path("f")): connectionLost NOT SCANNED\n")
        #expect(result.errors.contains("no such socket"))
        #expect(scene.daemon.requests.count == 1)
        #expect(result.status == 2)
    }

    @Test(arguments: [1, 99])
    func `a file that a stopping daemon refuses goes to the next one, once`(_ refusals: Int) throws {
        let counter = Counter()
        let scene = try Scene { request, peer in
            if counter.next() <= refusals {
                peer.fail(request, .stopping)
            } else {
                Scene.judge(request, peer)
            }
        }
        try scene.folder.write("f", "ok")
        let result = try scene.scan(scene.path("f"))
        #expect(result.text == "\(scene.path("f")): \(refusals == 1 ? "OK" : "stopping NOT SCANNED")\n")
        #expect(scene.daemon.requests.count == 2)
        #expect(result.status == (refusals == 1 ? 0 : 2))
    }

    @Test func `what is skipped has an object in JSON`() throws {
        let scene = try Scene()
        try scene.folder.makeFolder("d")
        for name in ["d/a", "d/c"] { try scene.folder.write(name, "ok") }
        #expect(symlink("a", scene.path("d/b")) == 0)
        #expect(mkfifo(scene.path("d/d"), 0o600) == 0)
        let result = try scene.scan("--json", "-r", "-j", "1", scene.path("d"))
        let lines = try result.lines.map { try JSONValue(parsing: $0) }
        #expect(lines.map { $0["path"]?.string } == ["d/a", "d/b", "d/c", "d/d"].map(scene.path))
        #expect(lines.map { $0["skipped"]?.string } == [nil, "symbolicLink", nil, "pipe"])
        #expect(!result.errors.contains("skipped: it is"))
        #expect(result.status == 0)
        #expect(try scene.scan("--json", "--infected", "-r", scene.path("d")).text.isEmpty)
    }
}
