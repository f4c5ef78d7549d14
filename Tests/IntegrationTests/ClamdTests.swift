// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Scans with a real clamd.
@Suite(.enabled(if: Clamd.isInstalled, "clamav-daemon and clamdscan are not installed"), .timeLimit(.minutes(3)))
struct ClamdTests {
    private static func scene(_ folder: TemporaryFolder, _ clamd: Clamd, _ more: String = "") throws -> EngineScene {
        try EngineScene(in: folder, [("local", "engine: clamd, socket: \(clamd.socket)\(more)")])
    }

    @Test func `a file is scanned by its descriptor, and only clamd reads it`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let scene = try Self.scene(folder, clamd)
        let clean = try scene.scan(try scene.file("hello\n"))
        #expect(clean.verdict == "clean")
        #expect(clean["result"]?["size"] == 6)
        #expect(clean["result"]?["sha256"] == JSONValue.null)
        #expect(clean["result"]?["traceId"] == JSONValue.null)
        #expect(clean["result"]?["engine"]?["kind"] == "clamd")
        #expect(clean["result"]?["engine"]?["plaintext"] == false)
        let infected = try scene.scan(try scene.file(eicar))
        #expect(infected.verdict == "infected")
        #expect(infected["result"]?["threats"]?.array?.first?["name"] == "Eicar-Test-Signature.UNOFFICIAL")
        #expect(try scene.scan(try scene.file("")).verdict == "clean")
        #expect(try scene.check("local")["state"] == "inService")
    }

    @Test func `content and chunks are streamed, with their digest`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let scene = try Self.scene(folder, clamd)
        let clean = try scene.scan(content: "hello\n")
        #expect(clean.verdict == "clean")
        let digest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        #expect(clean["result"]?["sha256"] == .string(digest))
        #expect(try scene.scan(content: eicar).verdict == "infected")
        #expect(try scene.scan(content: "").verdict == "clean")
    }

    @Test(arguments: [O_RDONLY, O_RDWR])
    func `the offset of the caller's file neither matters nor moves`(_ flags: Int32) throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let scene = try Self.scene(folder, clamd)
        let file = try scene.file(eicar, flags)
        lseekToEnd(file.number)
        #expect(try scene.scan(file).verdict == "infected")
        #expect(offset(file.number) == 68)
    }

    @Test(.enabled(if: access("/usr/share/clamav-testfiles", R_OK) == 0, "clamav-testfiles are not installed"))
    func `the daemon finds in Debian's test files what clamdscan finds in the same run`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let scene = try Self.scene(folder, clamd)
        let peer = try clamd.clamdscan("/usr/share/clamav-testfiles", in: folder)
        #expect(peer.count > 40)
        var ours: [String: String] = [:]
        for path in peer.keys {
            let reply = try scene.scan(try scene.open(path))
            let name = reply["result"]?["threats"]?.array?.first?["name"]?.string
            ours[path] = name.map { $0 + " FOUND" } ?? (reply.verdict == "clean" ? "OK" : "\(reply)")
        }
        #expect(ours == peer)
    }

    @Test func `a clamd on a loopback port is given a stream, and what is too long for it is refused`() throws {
        let folder = try TemporaryFolder()
        let port = UInt16.random(in: 20_000...29_999)
        let clamd = try Clamd(in: folder, port: port, "StreamMaxLength 1M")
        let scene = try EngineScene(in: folder, [("remote", "engine: clamd, url: 'tcp://127.0.0.1:\(port)'")])
        let infected = try scene.scan(try scene.file(eicar))
        #expect(infected.verdict == "infected")
        #expect(infected["result"]?["sha256"]?.string?.utf8.count == 64)
        #expect(infected["result"]?["engine"]?["plaintext"] == false)
        extend(folder.path("large"), to: 8 << 20, endingIn: "x")
        let large = try scene.scan(try scene.open(folder.path("large")))
        #expect(large.verdict == nil)
        #expect(large.errorKind == "upstreamRefused" || large.errorKind == "upstreamUnreachable", "\(large)")
        #expect(try scene.scan(content: "hello\n").verdict == "clean")
        _ = clamd
    }

    @Test func `what clamd does not look into is not scanned`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder, "MaxFileSize 1M", "MaxScanSize 1M")
        let scene = try Self.scene(folder, clamd)
        extend(folder.path("large"), to: 2 << 20, endingIn: eicar)
        let large = try scene.scan(try scene.open(folder.path("large")))
        #expect(large.verdict == "notScanned")
        #expect(large["result"]?["reason"] == "maxFileSizeExceeded")
    }

    @Test func `a clamd with its defaults fails open, and is used only where that is accepted by name`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder, alerts: false)
        let engine = "engine: clamd, socket: \(clamd.socket)"
        let scene = try EngineScene(
            in: folder,
            [
                ("strict", engine), ("half", engine + ", accepts: [encrypted]"),
                ("accepting", engine + ", accepts: [encrypted, nested], maxBytes: 1kB"),
            ]
        )
        for profile in ["strict", "half"] {
            #expect(try scene.scan(content: "x", ["profile": .string(profile)]).errorKind == "engineFailsOpen")
            #expect(try scene.scan(content: eicar, ["profile": .string(profile)]).errorKind == "engineFailsOpen")
            #expect(try scene.check(profile)["state"] == "outOfService")
            #expect(try scene.check(profile)["calledClean"] == ["encrypted", "nested"])
        }
        #expect(try scene.scan(content: "x", ["profile": "accepting"]).verdict == "clean")
        #expect(try scene.scan(content: eicar, ["profile": "accepting"]).verdict == "infected")
        #expect(try scene.check("accepting")["state"] == "inService")
        let large = try scene.scan(
            content: String(repeating: "x", count: 1001),
            ["profile": "accepting"]
        )
        #expect(large.verdict == "notScanned")
        #expect(large["result"]?["reason"] == "fileSizeTooLarge")
    }

    @Test func `a clamd that went away is an error, and one that comes back is checked and used`() throws {
        let folder = try TemporaryFolder()
        let first = try Clamd(in: folder)
        let link = folder.path("clamd.ctl")
        symlink(first.socket, link)
        let scene = try EngineScene(in: folder, [("local", "engine: clamd, socket: \(link)")])
        #expect(try scene.scan(content: "x").verdict == "clean")
        first.stop()
        #expect(try scene.scan(content: "x").errorKind == "upstreamUnreachable")
        #expect(try scene.check("local")["state"] == "notChecked")
        let second = try Clamd(in: folder, alerts: false)
        unlink(link)
        symlink(second.socket, link)
        #expect(try scene.scan(content: "x").errorKind == "engineFailsOpen")
    }
}
