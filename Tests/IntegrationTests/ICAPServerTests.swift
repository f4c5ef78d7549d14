// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Scans with a real c-icap, before a real clamd.
@Suite(
    .enabled(if: Clamd.isInstalled && CICAP.isInstalled, "c-icap with libc-icap-mod-virus-scan is not installed"),
    .timeLimit(.minutes(3))
)
struct ICAPServerTests {
    private static func keys(_ icap: CICAP, _ service: String = "AVSCAN?action=SCAN") -> String {
        "engine: icap, url: 'icap://127.0.0.1:\(icap.port)/\(service)'"
    }

    @Test func `a clean file is clean and an infected one is infected`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let icap = try CICAP(in: folder, clamd: clamd)
        let scene = try EngineScene(in: folder, [("icap", Self.keys(icap))])
        let clean = try scene.scan(try scene.file("hello\n"), ["name": "a b.txt"])
        #expect(clean.verdict == "clean", "\(clean)")
        #expect(clean["result"]?["size"] == 6)
        #expect(clean["result"]?["sha256"]?.string?.hasPrefix("5891b5b5") == true)
        #expect(clean["result"]?["engine"]?["kind"] == "icap")
        let infected = try scene.scan(try scene.file(eicar))
        #expect(infected.verdict == "infected")
        #expect(infected["result"]?["threats"]?.array?.first?["name"] == "Eicar-Test-Signature.UNOFFICIAL")
        #expect(try scene.scan(try scene.file("")).verdict == "clean")
        #expect(try scene.scan(content: eicar).verdict == "infected")
        #expect(try scene.check("icap")["state"] == "inService")
        // As it comes, it gives back what is longer than it likes, scanned or not.
        extend(folder.path("large"), to: 6 << 20, endingIn: "x")
        #expect(try scene.scan(try scene.open(folder.path("large"))).errorKind == "upstreamAnswer")
    }

    @Test func `a larger file is scanned where the server takes it`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let icap = try CICAP(in: folder, clamd: clamd, holding: "64M", scanning: "64M")
        let scene = try EngineScene(in: folder, [("icap", Self.keys(icap))])
        extend(folder.path("large"), to: 16 << 20, endingIn: "x")
        let reply = try scene.scan(try scene.open(folder.path("large")))
        #expect(reply.verdict == "clean", "\(reply)")
        #expect(reply["result"]?["size"]?.integer == 16 << 20)
    }

    @Test func `what the server passes over by its kind is not clean`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let icap = try CICAP(in: folder, clamd: clamd)
        let scene = try EngineScene(in: folder, [("icap", Self.keys(icap))])
        // A sound file, of a group that is not among ScanFileTypes.
        for size in [100, 5000] {
            let sound = "RIFF\u{24}\u{8}\u{0}\u{0}WAVEfmt " + String(repeating: "x", count: size)
            let reply = try scene.scan(content: sound)
            #expect(reply.errorKind == "upstreamAnswer", "\(size): \(reply)")
        }
        #expect(try scene.scan(content: "hello\n").verdict == "clean")
    }

    @Test func `a server over TLS is used as one in clear text`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let certificates = try TestCertificates(in: folder)
        let icap = try CICAP(in: folder, clamd: clamd, holding: "64M", scanning: "64M", certificates: certificates)
        func keys(_ file: String) -> String {
            "engine: icap, url: 'icaps://localhost:\(icap.encryptedPort)/AVSCAN?action=SCAN', tls: {caFile: \(file)}"
        }
        let scene = try EngineScene(
            in: folder,
            [("icap", keys(certificates.authority)), ("stranger", keys(certificates.otherAuthority))]
        )
        let clean = try scene.scan(try scene.file("hello\n"))
        #expect(clean.verdict == "clean", "\(clean)")
        #expect(clean["result"]?["engine"]?["plaintext"] == false)
        // The tag names the module's version and the signatures.
        #expect(clean["result"]?["engine"]?["definitions"]?.string?.isEmpty == false)
        let infected = try scene.scan(try scene.file(eicar))
        #expect(infected["result"]?["threats"]?.array?.first?["name"] == "Eicar-Test-Signature.UNOFFICIAL")
        #expect(try scene.scan(content: "hello\n", ["profile": "stranger"]).errorKind == "upstreamNotTrusted")
        extend(folder.path("large"), to: 16 << 20, endingIn: "x")
        #expect(try scene.scan(try scene.open(folder.path("large"))).verdict == "clean")
        icap.stop()
        // Its children notice a little later.
        try waitUntil("nobody listens") { try scene.scan(content: "x").errorKind == "upstreamUnreachable" }
    }

    @Test func `a server without its engine, or without the service, is an error`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder)
        let icap = try CICAP(in: folder, clamd: clamd)
        let scene = try EngineScene(
            in: folder,
            [("icap", Self.keys(icap)), ("nothing", Self.keys(icap, "NOTHING"))]
        )
        #expect(try scene.scan(content: "x", ["profile": "nothing"]).errorKind == "upstreamRefused")
        #expect(try scene.scan(content: "x").verdict == "clean")
        clamd.stop()
        #expect(try scene.scan(content: "x").errorKind == "upstreamFailed")
        icap.stop()
        // Its children notice a little later.
        try waitUntil("nobody listens") { try scene.scan(content: "x").errorKind == "upstreamUnreachable" }
    }

    @Test func `a server before an engine that fails open is out of service`() throws {
        let folder = try TemporaryFolder()
        let clamd = try Clamd(in: folder, alerts: false)
        let icap = try CICAP(in: folder, clamd: clamd)
        let scene = try EngineScene(in: folder, [("icap", Self.keys(icap))])
        #expect(try scene.scan(content: "x").errorKind == "engineFailsOpen")
        let check = try scene.check("icap")
        #expect(check["calledClean"] == ["encrypted", "nested"], "\(check)")
    }
}
