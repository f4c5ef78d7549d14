// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Large files: left in a folder of the share, scanned by their path, removed.
@Suite struct DropOffTests {
    /// A scene whose profile leaves files of 1 KiB and more in the lab's share.
    private static func scene(
        lab: [String] = [],
        local: String? = nil,
        limits: [String: Int] = [:]
    ) throws -> Scene {
        try Scene(lab: lab, limits: limits) { configuration, lab in
            let folder = local ?? lab.directory + "/files2scan"
            return configuration.replacing(
                "    sharedPaths:",
                with: "    dropOff: {above: 1KiB, remote: /files2scan, local: \"\(folder)\"}\n    sharedPaths:"
            )
        }
    }

    private static func large(_ end: String) -> String { String(repeating: "x", count: 300_000) + end }

    /// What lies in the share.
    private static func share(_ scene: Scene) -> [String] { entries(of: scene.lab.directory + "/files2scan") }

    private static func expectNothingLeft(_ scene: Scene) throws {
        try waitUntil("the share to be empty") { share(scene).isEmpty }
    }

    @Test func `a large file is scanned in the share, with the hash and the size of what was written, and removed`()
        throws
    {
        let scene = try Self.scene()
        let clean = try scene.scan(Self.large(""), [("name", "report.pdf")])
        #expect(clean.verdict == "clean")
        #expect(clean["result"]?["size"] == 300_000)
        #expect(clean["result"]?["bytesScanned"] == 300_000)
        let digest = "29927e273accc68286005017f7fa6e4f27bddb4db3083ff8b8d4c3667905b7fa"
        #expect(clean["result"]?["sha256"] == .string(digest))
        #expect(clean["result"]?["fileScanned"] == "report.pdf")
        let infected = try scene.scan(Self.large(eicar), [("name", "invoice.zip")])
        #expect(infected.verdict == "infected")
        #expect(infected["result"]?["fileScanned"] == "invoice.zip")
        #expect(try scene.lab.count("scanFilePath") == 2)
        #expect(try scene.lab.count("scanFile") == 0)
        let names = try scene.lab.requests().compactMap { $0["fileName"]?.string }
        #expect(names.allSatisfy { $0.hasPrefix("gatehouse-") && $0.utf8.count == 36 })
        #expect(Set(names).count == 2)
        try Self.expectNothingLeft(scene)
    }

    @Test func `a small file is uploaded`() throws {
        let scene = try Self.scene()
        #expect(try scene.scan(String(repeating: "x", count: 1023)).verdict == "clean")
        #expect(try scene.lab.count("scanFile") == 1)
        #expect(try scene.scan(String(repeating: "x", count: 1024)).verdict == "clean")
        #expect(try scene.lab.count("scanFilePath") == 1)
    }

    @Test func `content and chunks go the same way`() throws {
        let scene = try Self.scene()
        let content = String(decoding: Base64.encode(Array(Self.large(eicar).utf8)), as: UTF8.self)
        let client = try scene.connect()
        #expect(try client.call("scanFile", ["file": ["content": .string(content)]]).verdict == "infected")
        try client.request("scanFile", ["file": ["chunks": true]], id: 7)
        for _ in 0..<8 {
            try client.chunk(id: 7, Array(Self.large("").utf8))
        }
        try client.chunk(id: 7, Array(eicar.utf8), isLast: true)
        let reply = try client.reply()
        #expect(reply.verdict == "infected")
        #expect(reply["result"]?["size"] == 2_400_068)
        #expect(try scene.lab.count("scanFile") == 0)
        try Self.expectNothingLeft(scene)
    }

    @Test func `chunks that turn out to be few are uploaded`() throws {
        let scene = try Self.scene()
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["chunks": true]], id: 7)
        try client.chunk(id: 7, Array("hello".utf8))
        let other = try scene.connect()
        // Each answer is a turn of the daemon's in which the scan could go on.
        for _ in 0..<20 { #expect(try other.call("tokenStatus")["result"] != nil) }
        try client.chunk(id: 7, Array("\n".utf8), isLast: true)
        let reply = try client.reply()
        #expect(reply.verdict == "clean")
        #expect(reply["result"]?["size"] == 6)
        #expect(try scene.lab.count("scanFile") == 1)
        #expect(try scene.lab.count("scanFilePath") == 0)
    }

    @Test func `a file that the gateway refuses for a second is not left once more`() throws {
        let scene = try Self.scene()
        #expect(try scene.scan(Self.large("")).verdict == "clean")
        try scene.lab.fault("scanFilePath:status=429,times=1")
        try scene.lab.fault("scanFilePath:retryAfter=1,times=1")
        try Self.expectNothingLeft(scene)
        let file = try scene.file(Self.large(eicar))
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0]], id: 1, [file.number])
        try waitUntil("the file to be there") { Self.share(scene).contains { !$0.hasSuffix(".part") } }
        let name = try #require(Self.share(scene).first)
        #expect(try client.reply().verdict == "infected")
        #expect(try scene.lab.count("scanFilePath") == 3)
        #expect(try scene.lab.requests().last { $0["operation"] == "scanFilePath" }?["fileName"]?.string == name)
        try Self.expectNothingLeft(scene)
    }

    @Test func `a gateway that refuses without end is not asked without end for a file that was left`() throws {
        let scene = try Self.scene()
        try scene.lab.fault("scanFilePath:status=429")
        try scene.lab.fault("scanFilePath:retryAfter=0")
        let reply = try scene.scan(Self.large(""), [("deadlineMs", 20_000)])
        #expect(reply.errorKind == "rateLimited", "\(reply.text)")
        #expect(reply["error"]?["data"]?["retryAfterMs"]?.integer != nil, "\(reply.text)")
        #expect(try scene.lab.count("scanFilePath") == 3)
        try Self.expectNothingLeft(scene)
    }

    @Test(arguments: [
        ("status=500", "upstreamFailed"), ("wrongJson", "upstreamAnswer"), ("reset=0", "upstreamUnreachable"),
        ("emptyBody", "upstreamAnswer"),
    ])
    func `after a fault of the engine nothing stays`(_ fault: String, _ kind: String) throws {
        let scene = try Self.scene()
        try scene.lab.fault("scanFilePath:" + fault)
        #expect(try scene.scan(Self.large("")).errorKind == kind)
        try Self.expectNothingLeft(scene)
    }

    @Test func `an engine that cannot read the file has not scanned it`() throws {
        let scene = try Self.scene()
        try scene.lab.fault("scanFilePath:verdict=FILE_ACCESS_FAILED")
        let reply = try scene.scan(Self.large(""))
        #expect(reply.verdict == "notScanned")
        #expect(reply["result"]?["reason"] == "fileAccessFailed")
        try Self.expectNothingLeft(scene)
    }

    @Test func `after a deadline nothing stays`() throws {
        let scene = try Self.scene()
        try scene.lab.fault("scanFilePath:hang")
        #expect(try scene.scan(Self.large(""), [("deadlineMs", 500)]).errorKind == "deadlineExceeded")
        try Self.expectNothingLeft(scene)
    }

    @Test(arguments: [true, false])
    func `after a cancelled call, or one whose caller has gone, nothing stays`(_ isCancelled: Bool) throws {
        let scene = try Self.scene()
        try scene.lab.fault("scanFilePath:hang")
        let file = try scene.file(Self.large(""))
        do {
            let client = try scene.connect()
            try client.request("scanFile", ["file": ["fd": 0]], id: 1, [file.number])
            try waitUntil("the scan to begin") { try scene.lab.count("scanFilePath") > 0 || !Self.share(scene).isEmpty }
            if isCancelled {
                try client.send("{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}\n")
                #expect(try client.reply().errorKind == "cancelled")
            }
        }
        try Self.expectNothingLeft(scene)
    }

    @Test func `a daemon that is stopped takes its files along`() throws {
        let scene = try Self.scene()
        try scene.lab.fault("scanFilePath:hang")
        let file = try scene.file(Self.large(""))
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0], "deadlineMs": 1000], id: 1, [file.number])
        try waitUntil("the file to be there") { Self.share(scene).contains { !$0.hasSuffix(".part") } }
        #expect(scene.daemon.program.stop(SIGTERM) == 0)
        #expect(Self.share(scene).isEmpty)
    }

    @Test func `what a killed daemon left behind is removed by the next one after an hour, and nothing else`() throws {
        let folder = try TemporaryFolder()
        let scene = try Self.scene()
        let share = scene.lab.directory + "/files2scan/"
        try scene.lab.fault("scanFilePath:hang")
        let file = try scene.file(Self.large(""))
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0]], id: 1, [file.number])
        try waitUntil("the file to be there") { Self.share(scene).contains { !$0.hasSuffix(".part") } }
        scene.daemon.program.stop(SIGKILL)
        let left = try #require(Self.share(scene).first)
        let fresh = "gatehouse-" + String(repeating: "a", count: 26)
        let old = [left, "gatehouse-" + String(repeating: "b", count: 26) + ".part", "gatehouse-mine", "other"]
        for name in old + [fresh] { try scene.folder.write("lab/files2scan/" + name, "x") }
        for name in old { Self.age(share + name, hours: 2) }
        Self.age(share + fresh, hours: 0.9)
        let next = try DaemonProgram(in: folder, configuration: scene.folder.path("gatehouse.yaml"))
        try waitUntil("the leftovers to be gone") { Self.share(scene).count == 3 }
        #expect(Set(Self.share(scene)) == [fresh, "gatehouse-mine", "other"])
        // The log has a thread of its own.
        try waitUntil("the log to say so") { next.program.errors.contains("removed 2 large files") }
    }

    private static func age(_ path: String, hours: Double) {
        let time = timespec(tv_sec: Glibc.time(nil) - Int(hours * 3600), tv_nsec: 0)
        utimensat(AT_FDCWD, path, [time, time], 0)
    }

    @Test func `a file that changes while it is written is not scanned`() throws {
        let scene = try Self.scene(lab: ["--fault", "token:latency=10"])
        try scene.lab.fault("scanFilePath:latency=700")
        let file = try scene.file(Self.large(""), name: "changing")
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0]], id: 1, [file.number])
        try waitUntil("the file to be there") { Self.share(scene).contains { !$0.hasSuffix(".part") } }
        try scene.folder.write("changing", Self.large(eicar))
        let reply = try client.reply()
        #expect(reply.verdict == "notScanned")
        #expect(reply["result"]?["reason"] == "changedDuringScan")
        try Self.expectNothingLeft(scene)
    }

    @Test func `the engine's group may read the file, and others may not`() throws {
        let scene = try Self.scene()
        try scene.lab.fault("scanFilePath:hang")
        let file = try scene.file(Self.large(""))
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0], "deadlineMs": 2000], id: 1, [file.number])
        try waitUntil("the file to be there") { Self.share(scene).contains { !$0.hasSuffix(".part") } }
        var status = stat()
        stat(scene.lab.directory + "/files2scan/" + Self.share(scene)[0], &status)
        #expect(status.st_mode & 0o7777 == 0o640)
        #expect(try client.reply().errorKind == "deadlineExceeded")
    }

    @Test func `a folder that is not there is an error that says so, and never a verdict`() throws {
        let scene = try Self.scene(local: "/nonexistent/folder")
        let reply = try scene.scan(Self.large(""))
        #expect(reply.errorKind == "upstreamRefused")
        #expect(reply["error"]?["message"]?.string?.contains("No such file or directory") == true)
        #expect(reply["error"]?["data"]?["upstream"]?["name"] == "dropOff")
        #expect(try scene.lab.count("scanFilePath") == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "only root may mount a small file system"))
    func `a full disk is an error that says so, and nothing stays`() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("small")
        let mount = try ChildProgram(
            "/bin/mount",
            ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path("small")],
            errorLog: folder.path("mount.log")
        )
        guard mount.waitForEnd() == 0 else { return }
        defer { umount2(folder.path("small"), Int32(MNT_DETACH)) }
        let scene = try Self.scene(local: folder.path("small"))
        let reply = try scene.scan(Self.large(""))
        #expect(reply.errorKind == "upstreamFailed")
        #expect(reply["error"]?["message"]?.string?.contains("No space left on device") == true)
        try waitUntil("the small folder to be empty") { entries(of: folder.path("small")).isEmpty }
    }
}
