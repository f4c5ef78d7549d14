// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// ICAP over TLS: whom the daemon trusts, and that no end of TLS looks like an answer.
@Suite(.timeLimit(.minutes(5))) struct ICAPEncryptionTests {
    /// A stand-in behind TLS, and a daemon that scans with it.
    private struct Stage {
        let engine: EngineStandIn
        let front: TLSFront
        let certificates: TestCertificates
        let scene: EngineScene

        init(_ end: TLSFront.End = .close) throws {
            let folder = try TemporaryFolder()
            certificates = try TestCertificates(in: folder)
            engine = try EngineStandIn(.icap, at: folder.path("engine"))
            front = try TLSFront(before: engine.path, with: certificates, ending: end, in: folder)
            let (port, files) = (front.port, certificates)
            let profiles = [
                ("right", "localhost", "caFile: \(files.authority)"),
                ("number", "127.0.0.1", "caFile: \(files.authority)"),
                ("pinned", "other.localhost", "pinnedCertificate: '\(files.pin)'"),
                ("stranger", "localhost", "caFile: \(files.otherAuthority)"),
                ("misnamed", "other.localhost", "caFile: \(files.authority)"),
                ("mispinned", "localhost", "pinnedCertificate: 'sha256:\(String(repeating: "00", count: 32))'"),
            ]
            scene = try EngineScene(
                in: folder,
                profiles.map { name, host, trust in
                    (name, "engine: icap, url: 'icaps://\(host):\(port)/AVSCAN', tls: {\(trust)}")
                } + [("system", "engine: icap, url: 'icaps://localhost:\(port)/AVSCAN'")]
            )
        }

        func scan(_ profile: String = "right", _ content: String = "hello\n") throws -> JSONValue {
            try scene.scan(content: content, ["profile": .string(profile), "deadlineMs": 3000])
        }

        /// How many TLS connections the daemon has.
        var connections: Int {
            get throws { try threads(of: scene.daemon.program.process, named: "tls") }
        }
    }

    @Test func `files are scanned over TLS as in clear text`() throws {
        let stage = try Stage()
        for profile in ["right", "number", "pinned"] {
            let clean = try stage.scan(profile)
            #expect(clean.verdict == "clean", "\(profile): \(clean)")
            #expect(clean["result"]?["engine"]?["plaintext"] == false)
            #expect(try stage.scan(profile, eicar).verdict == "infected")
        }
        let folder = stage.scene.folder
        extend(folder.path("large"), to: 8 << 20, endingIn: "x")
        let large = try stage.scene.scan(try stage.scene.open(folder.path("large")))
        #expect(large.verdict == "clean", "\(large)")
        extend(folder.path("bad"), to: 8 << 20, endingIn: eicar)
        #expect(try stage.scene.scan(try stage.scene.open(folder.path("bad"))).verdict == "infected")
        try waitUntil("no connection is left") { try stage.connections == 0 }
    }

    @Test func `a server that is not trusted gets nothing`() throws {
        let stage = try Stage()
        for profile in ["stranger", "misnamed", "mispinned", "system"] {
            let reply = try stage.scan(profile)
            #expect(reply.errorKind == "upstreamNotTrusted", "\(profile): \(reply)")
            #expect(reply["error"]?["data"]?["upstream"]?["name"] == "icap")
        }
        // Each scan begins with OPTIONS.
        #expect(stage.engine.questions == 0)
        // Whoever was trusted gets its canaries again when it is.
        #expect(try stage.scene.check("stranger")["state"] == "notChecked")
        #expect(try stage.scan().verdict == "clean")
    }

    @Test func `a server that is trusted no more has to pass its canaries again`() throws {
        let stage = try Stage()
        let (folder, files) = (stage.scene.folder, stage.certificates)
        #expect(try stage.scan().verdict == "clean")
        #expect(try stage.scene.check("right")["state"] == "inService")
        let (certificate, key) = (try readFile(files.certificate), try readFile(files.key))
        try folder.write("server.pem", try readFile(files.otherAuthority))
        try folder.write("server.key", try readFile(folder.path("other-ca.key")))
        #expect(try stage.scan().errorKind == "upstreamNotTrusted")
        #expect(try stage.scene.check("right")["state"] == "notChecked")
        try folder.write("server.pem", certificate)
        try folder.write("server.key", key)
        #expect(try stage.scan().verdict == "clean")
        #expect(try stage.scene.check("right")["state"] == "inService")
    }

    @Test func `a server that is gone, or speaks no TLS, cannot be reached`() throws {
        let stage = try Stage()
        #expect(try stage.scan().verdict == "clean")
        stage.front.stop()
        #expect(try stage.scan().errorKind == "upstreamUnreachable")
        let folder = try TemporaryFolder()
        let plain = try PlainListener()
        let scene = try EngineScene(
            in: folder,
            [
                (
                    "plain",
                    "engine: icap, url: 'icaps://127.0.0.1:\(plain.port)/x', tls: {caFile: \(stage.certificates.authority)}"
                )
            ]
        )
        #expect(try scene.scan(content: "x").errorKind == "upstreamUnreachable")
    }

    @Test(arguments: TLSFront.End.allCases)
    func `no fault of an engine behind TLS looks clean, and each is over when it ends`(_ end: TLSFront.End) throws {
        let stage = try Stage(end)
        #expect(try stage.scan().verdict == "clean")
        for fault in EngineStandIn.Fault.allCases {
            stage.engine.fault(fault)
            let start = SystemTime().now
            let reply = try stage.scan()
            #expect(reply.verdict == nil, "\(fault): \(reply)")
            #expect(fault.kindsOverTLS.contains(reply.errorKind ?? ""), "\(fault): \(reply)")
            #expect(SystemTime().now - start < .seconds(5), "\(fault) took too long")
            try stage.engine.clear()
            try waitUntil("it recovers from \(fault)") { try stage.scan().verdict == "clean" }
        }
        #expect(try stage.scan("right", eicar).verdict == "infected")
        try waitUntil("no connection is left") { try stage.connections == 0 }
    }

    @Test func `callers who leave a silent engine leave no thread and no descriptor`() throws {
        let stage = try Stage()
        #expect(try stage.scan().verdict == "clean")
        try waitUntil("the connection is closed") { try stage.connections == 0 }
        let before = stage.scene.daemon.program.openDescriptors
        stage.engine.fault(.silence)
        let file = try stage.scene.file("hello\n")
        var clients = try (0..<12).map { _ in try stage.scene.connect() }
        for client in clients { try client.request("scanFile", ["file": ["fd": 0]], [file.number]) }
        try waitUntil("scans are with the engine") { try stage.connections >= 8 }
        clients = []
        try waitUntil("all connections are closed") {
            try stage.connections == 0 && stage.scene.daemon.program.openDescriptors <= before
        }
        try stage.engine.clear()
        #expect(try stage.scan().verdict == "clean")
    }
}

/// A port that accepts connections and closes them.
private final class PlainListener: Sendable {
    let port: UInt16
    private let socket: Descriptor

    init() throws {
        socket = Descriptor(
            owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = socket.number
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 && listen(number, 8) == 0 ? getsockname(number, $0, &length) : -1
            }
        }
        guard result == 0 else { throw SystemError.current("listen") }
        port = UInt16(bigEndian: address.sin_port)
        try Thread.start("plain") {
            while case let connection = accept(number, nil, nil), connection >= 0 {
                let text = Array("SSH-2.0-nothing of the kind\r\n".utf8)
                _ = send(connection, text, text.count, Int32(MSG_NOSIGNAL))
                close(connection)
            }
        }
    }

    deinit {
        _ = shutdown(socket.number, Int32(SHUT_RDWR))
    }
}

extension EngineStandIn.Fault {
    /// The kinds of error that it may come to.
    fileprivate var kindsOverTLS: [String] {
        switch self {
        case .refuse, .endOfFile: ["upstreamUnreachable"]
        case .reset: ["upstreamUnreachable", "upstreamAnswer"]
        case .silence, .deafness, .slowDrip: ["deadlineExceeded"]
        case .halfReply, .noTerminator, .garbage, .flood, .wrongAnswer, .twoReplies: ["upstreamAnswer"]
        case .error: ["upstreamFailed"]
        }
    }
}
