// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Large files by SFTP, with Debian's OpenSSH server.
@Suite(.enabled(if: SFTPServerProgram.path != nil, "openssh-server is not installed"))
struct DropOffServerTests {
    /// A lab whose share an SFTP server offers, and a daemon that leaves large files there.
    private static func scene(
        key: String = "ed25519",
        server more: [String] = [],
        change: (String) -> String = { $0 },
        before: (SFTPServerProgram) -> Void = { _ in }
    ) throws -> (Scene, SFTPServerProgram) {
        let folder = try TemporaryFolder()
        let server = try SFTPServerProgram(in: folder, key: key, more)
        before(server)
        let scene = try Scene(in: folder) { configuration, lab in
            try folder.write("lab/credentials/sftp-key", try readFile(server.key))
            try folder.write("lab/credentials/sftp-password", "not the password\n")
            let sftp = change(
                """
                host: 127.0.0.1, port: \(server.port), user: \(server.user), privateKey: sftp-key, \
                hostKey: "\(server.hostKey)", folder: "\(lab.directory)/files2scan"
                """
            )
            return configuration.replacing(
                "    sharedPaths:",
                with: "    dropOff: {above: 1KiB, remote: /files2scan, sftp: {\(sftp)}}\n    sharedPaths:"
            )
        }
        scene.companion = server
        return (scene, server)
    }

    private static func large(_ end: String) -> String { String(repeating: "x", count: 3_000_000) + end }

    private static func share(_ scene: Scene) -> [String] { entries(of: scene.lab.directory + "/files2scan") }

    /// Waits until some of a file has come: the server makes it before the first bytes of it are asked for.
    private static func waitUntilBegun(_ scene: Scene) throws {
        let folder = scene.lab.directory + "/files2scan/"
        try waitUntil("the file to be begun") {
            share(scene).contains { name in
                var status = stat()
                return name.hasSuffix(".part") && stat(folder + name, &status) == 0 && status.st_size > 0
            }
        }
    }

    private static func expectNothingLeft(_ scene: Scene) throws {
        try waitUntil("the share to be empty") { share(scene).isEmpty }
    }

    @Test(arguments: ["ed25519", "ecdsa"])
    func `a large file is scanned in the server's folder and removed`(_ key: String) throws {
        let (scene, _) = try Self.scene(key: key)
        let clean = try scene.scan(Self.large(""), [("name", "report.pdf")])
        #expect(clean.verdict == "clean", "\(clean)")
        #expect(clean["result"]?["size"] == 3_000_000)
        #expect(clean["result"]?["bytesScanned"] == 3_000_000)
        #expect(clean["result"]?["sha256"]?.string?.utf8.count == 64)
        #expect(clean["result"]?["fileScanned"] == "report.pdf")
        try Self.expectNothingLeft(scene)
        #expect(try scene.scan(Self.large(eicar)).verdict == "infected")
        #expect(try scene.lab.count("scanFilePath") == 2)
        #expect(try scene.lab.count("scanFile") == 0)
        try Self.expectNothingLeft(scene)
    }

    @Test func `chunks go there too`() throws {
        let (scene, _) = try Self.scene()
        let client = try scene.connect()
        try client.beginUpload(id: 7)
        for _ in 0..<3 { try client.chunk(id: 7, Array(Self.large("").utf8.prefix(500_000))) }
        try client.chunk(id: 7, Array(eicar.utf8), isLast: true)
        let reply = try client.reply()
        #expect(reply.verdict == "infected")
        #expect(reply["result"]?["size"] == 1_500_068)
        try Self.expectNothingLeft(scene)
    }

    @Test func `many at once are written side by side`() throws {
        let (scene, _) = try Self.scene()
        let file = try scene.file(Self.large(""))
        let client = try scene.connect()
        for id in 0..<12 {
            try client.request("scanFile", ["file": ["fd": 0]], id: .number(JSONNumber(id)), [file.number])
        }
        for _ in 0..<12 { #expect(try client.reply().verdict == "clean") }
        try Self.expectNothingLeft(scene)
    }

    @Test func `another host key is not trusted, and the account's key is not offered`() throws {
        let (scene, server) = try Self.scene { sftp in
            let start = sftp.firstRange(of: "SHA256:")?.upperBound ?? sftp.endIndex
            let end = sftp[start...].firstIndex(of: "\"") ?? sftp.endIndex
            return sftp[..<start] + String(repeating: "A", count: 43) + sftp[end...]
        }
        let reply = try scene.scan(Self.large(""))
        #expect(reply.errorKind == "upstreamNotTrusted")
        #expect(reply["error"]?["data"]?["upstream"]?["name"] == "dropOff")
        #expect(!server.log.contains("Accepted"))
        #expect(try scene.lab.count("scanFilePath") == 0)
    }

    @Test func `a wrong password is said to be one, and is not tried again and again`() throws {
        let (scene, server) = try Self.scene { $0.replacing("privateKey: sftp-key", with: "password: sftp-password") }
        for _ in 0..<3 { #expect(try scene.scan(Self.large("")).errorKind == "wrongCredentials") }
        // Once, or twice where the look for leftovers was under way with the first scan; not with each scan.
        #expect((1...2).contains(server.log.matches(of: /Failed password/).count))
    }

    /// libcurl's word that the server has let us in comes before the login.
    ///
    /// A refused one was tried again after 90 seconds, to remove a file that never was.
    @Test func `after a refused login there is nothing to remove`() throws {
        let (scene, server) = try Self.scene {
            $0.replacing("privateKey: sftp-key", with: "password: sftp-password")
        } before: {
            $0.stop()
        }
        // Or the look for leftovers would be refused first, and the scan not tried.
        try waitUntil("the look for leftovers") { scene.daemon.program.errors.contains("could not be looked through") }
        try server.start()
        #expect(try scene.scan(Self.large("")).errorKind == "wrongCredentials")
        #expect(server.log.contains("Failed password"))
        #expect(scene.daemon.program.stop(SIGTERM) == 0)
        #expect(!scene.daemon.program.errors.contains("could not be removed"), "\(scene.daemon.program.errors)")
    }

    /// libcurl goes on after such a failure where both of a file's names are tried at once, and calls that a success.
    @Test func `an unfinished file that the server does not let us remove is told to the operator`() throws {
        let (scene, _) = try Self.scene(server: ["ForceCommand internal-sftp -P remove"])
        let client = try scene.connect()
        try client.beginUpload(id: 7)
        try client.chunk(id: 7, Array(Self.large("").utf8.prefix(500_000)))
        try Self.waitUntilBegun(scene)
        try client.send("{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":7}}\n")
        #expect(try client.reply().errorKind == "cancelled")
        #expect(scene.daemon.program.stop(SIGTERM) == 0)
        #expect(scene.daemon.program.errors.contains("could not be removed"), "\(scene.daemon.program.errors)")
    }

    /// The look at refused credentials left out those of drop-offs.
    @Test func `a key that was put right is taken without a reload, and before the pause is over`() throws {
        var right = ""
        let (scene, _) = try Self.scene(before: { server in
            right = (try? readFile(server.key)) ?? ""
            unlink(server.key)
            link(server.key.replacing("sftp-key", with: "host-key"), server.key)
        })
        #expect(try scene.scan(Self.large("")).errorKind == "wrongCredentials")
        try scene.folder.write("lab/credentials/sftp-key", right)
        let end = ContinuousClock.now + .seconds(20)
        var reply = JSONValue.null
        repeat { reply = try scene.scan(Self.large("")) } while reply.verdict == nil && ContinuousClock.now < end
        #expect(reply.verdict == "clean", "\(reply)")
    }

    @Test func `a server that is not there is unreachable`() throws {
        let (scene, _) = try Self.scene(before: { $0.stop() })
        #expect(try scene.scan(Self.large("")).errorKind == "upstreamUnreachable")
        #expect(scene.daemon.program.stop(SIGTERM) == 0)
        #expect(!scene.daemon.program.errors.contains("could not be removed"), "there is nothing to remove")
    }

    @Test func `a file that somebody else has removed is removed`() throws {
        let (scene, _) = try Self.scene()
        try scene.lab.fault("scanFilePath:hang")
        let file = try scene.file(Self.large(""))
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["fd": 0], "deadlineMs": 3000], id: 1, [file.number])
        try waitUntil("the file to be there") { Self.share(scene).contains { !$0.hasSuffix(".part") } }
        unlink(scene.lab.directory + "/files2scan/" + (Self.share(scene).first ?? ""))
        #expect(try client.reply().errorKind == "deadlineExceeded")
        #expect(scene.daemon.program.stop(SIGTERM) == 0)
        #expect(!scene.daemon.program.errors.contains("could not be removed"), "\(scene.daemon.program.errors)")
    }

    @Test func `a folder that is not there is refused`() throws {
        let (scene, _) = try Self.scene { $0.replacing("/files2scan\"", with: "/nowhere\"") }
        let reply = try scene.scan(Self.large(""))
        #expect(reply.errorKind == "upstreamRefused", "\(reply)")
    }

    @Test(arguments: ["status=500", "verdict=FILE_ACCESS_FAILED"])
    func `after a fault of the engine nothing stays`(_ fault: String) throws {
        let (scene, _) = try Self.scene()
        try scene.lab.fault("scanFilePath:" + fault)
        #expect(try scene.scan(Self.large("")).verdict != "clean")
        try Self.expectNothingLeft(scene)
    }

    @Test func `a call that is cancelled while chunks are still to come leaves nothing`() throws {
        let (scene, _) = try Self.scene()
        let client = try scene.connect()
        try client.beginUpload(id: 7)
        try client.chunk(id: 7, Array(Self.large("").utf8.prefix(500_000)))
        try Self.waitUntilBegun(scene)
        try client.send("{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":7}}\n")
        let reply = try client.reply()
        #expect(reply.errorKind == "cancelled")
        #expect(reply["error"]?["data"]?["outcome"] == "unknown")
        try Self.expectNothingLeft(scene)
    }

    @Test func `after a deadline nothing stays`() throws {
        let (scene, _) = try Self.scene()
        try scene.lab.fault("scanFilePath:hang")
        let reply = try scene.scan(Self.large(""), [("deadlineMs", 1500)])
        #expect(reply.errorKind == "deadlineExceeded")
        #expect(reply["error"]?["data"]?["outcome"] == "unknown")
        try Self.expectNothingLeft(scene)
    }

    @Test func `what an earlier daemon left behind is removed after an hour, and nothing else`() throws {
        let (scene, _) = try Self.scene()
        let old = [
            "gatehouse-" + String(repeating: "b", count: 26) + ".part",
            "gatehouse-" + String(repeating: "c", count: 26),
        ]
        let others = ["gatehouse-mine", "other"]
        let fresh = "gatehouse-" + String(repeating: "a", count: 26)
        // They cannot be removed as files, and keep no other one, whatever the order of the list.
        let folders = ["d", "e"].map { "gatehouse-" + String(repeating: $0, count: 26) }
        try scene.folder.makeFolder("lab/files2scan/" + folders[0])
        for name in old + others + [fresh] { try scene.folder.write("lab/files2scan/" + name, "x") }
        try scene.folder.makeFolder("lab/files2scan/" + folders[1])
        let time = timespec(tv_sec: Glibc.time(nil) - 7200, tv_nsec: 0)
        for name in old + others + folders {
            utimensat(AT_FDCWD, scene.lab.directory + "/files2scan/" + name, [time, time], 0)
        }
        let folder = try TemporaryFolder()
        let next = try DaemonProgram(in: folder, configuration: scene.folder.path("gatehouse.yaml"))
        try waitUntil("the leftovers to be gone: \(Self.share(scene)) \(next.program.errors)") {
            Self.share(scene).count == 5
        }
        #expect(Set(Self.share(scene)) == Set(others + folders + [fresh]))
    }

    @Test
    func `a connection that breaks while a file is written is an error, and the next file finds the server again`()
        throws
    {
        let (scene, server) = try Self.scene()
        let client = try scene.connect()
        try client.beginUpload(id: 7)
        try client.chunk(id: 7, Array(Self.large("").utf8.prefix(500_000)))
        try Self.waitUntilBegun(scene)
        let killer = try ChildProgram(
            "/bin/sh",
            ["-c", "for child in $(ps -o pid= --ppid \(server.process)); do kill -9 $child; done"],
            errorLog: scene.folder.path("kill.log")
        )
        _ = killer.waitForEnd()
        for _ in 0..<8 { try client.chunk(id: 7, Array(Self.large("").utf8.prefix(500_000))) }
        try client.chunk(id: 7, [], isLast: true)
        let reply = try client.reply()
        #expect(reply.verdict == nil)
        #expect(["upstreamFailed", "upstreamUnreachable"].contains(reply.errorKind), "\(reply)")
        #expect(try scene.scan(Self.large("")).verdict == "clean")
        try Self.expectNothingLeft(scene)
    }
}
