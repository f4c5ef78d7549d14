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
        #expect(result.lines == names.map { "\(scene.path($0)): OK" })
        #expect(result.status == 0)
    }

    @Test func `a slow file holds back a bounded number of results, and few descriptors are open`() throws {
        let counter = Counter()
        let first = Locked<FakeDaemon.Request?>(nil)
        var scene = try Scene { request, peer in
            let number = counter.next()
            if number == 1 { return first.withLock { $0 = request } }
            Scene.judge(request, peer)
            if number == 1024, let slow = first.withLock({ $0 }) { Scene.judge(slow, peer) }
        }
        try scene.folder.makeFolder("d")
        let names = (1000..<4000).map { "d/\($0)" }
        for name in names { try scene.folder.write(name, "ok") }
        // 16 files, the socket, the folder and its copy, and what the test program leaves open in its children.
        scene.program.descriptorLimit = 64
        let result = try scene.scan("-r", "-j", "16", scene.path("d"))
        #expect(result.lines == names.map { "\(scene.path($0)): OK" })
        #expect(result.errors.contains("Files: 3000\n"))
        #expect(result.status == 0)
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
        #expect(result.lines == paths.map { $0 == paths[2] ? "\($0): Bad.Thing FOUND" : "\($0): OK" })
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

    @Test func `what is skipped has an object in JSON, in its place`() throws {
        let scene = try Scene()
        try scene.folder.makeFolder("d")
        for name in ["d/a", "d/c"] { try scene.folder.write(name, "ok") }
        #expect(symlink("a", scene.path("d/b")) == 0)
        #expect(mkfifo(scene.path("d/d"), 0o600) == 0)
        let result = try scene.scan("--json", "-r", scene.path("d"))
        let lines = try result.lines.map { try JSONValue(parsing: $0) }
        #expect(lines.map { $0["path"]?.string } == ["d/a", "d/b", "d/c", "d/d"].map(scene.path))
        #expect(lines.map { $0["skipped"]?.string } == [nil, "symbolicLink", nil, "pipe"])
        #expect(!result.errors.contains("skipped: it is"))
        #expect(result.status == 0)
        #expect(try scene.scan("--json", "--infected", "-r", scene.path("d")).text.isEmpty)
    }
}
