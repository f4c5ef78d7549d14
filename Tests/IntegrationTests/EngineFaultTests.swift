// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Engines that misbehave, once and for good: nothing is clean, every call ends in its time, and the end of the fault is
/// the end of it.
@Suite(.timeLimit(.minutes(5))) struct EngineFaultTests {
    /// What is scanned how: by a descriptor, or in the message.
    enum Way: String, CaseIterable, Sendable {
        case descriptor, content
    }

    private struct Stage {
        let engine: EngineStandIn
        let scene: EngineScene

        init(_ dialect: EngineStandIn.Dialect) throws {
            let folder = try TemporaryFolder()
            engine = try EngineStandIn(dialect, at: folder.path("engine"))
            let url = dialect == .icap ? ", url: 'icap://localhost/AVSCAN'" : ""
            scene = try EngineScene(
                in: folder,
                [("local", "engine: \(dialect.rawValue), socket: \(engine.path)\(url)")]
            )
        }

        func scan(_ way: Way, _ content: String = "hello\n") throws -> JSONValue {
            switch way {
            case .descriptor: try scene.scan(try scene.file(content), ["deadlineMs": 1500])
            case .content: try scene.scan(content: content, ["deadlineMs": 1500])
            }
        }

        /// Scans and expects an error within the deadline.
        func scanInVain(_ way: Way, _ fault: EngineStandIn.Fault) throws {
            let start = SystemTime().now
            let reply = try scan(way)
            #expect(reply.verdict == nil, "\(fault): \(reply)")
            #expect(fault.kinds.contains(reply.errorKind ?? ""), "\(fault): \(reply)")
            #expect(SystemTime().now - start < .milliseconds(3500), "\(fault) took too long")
        }
    }

    @Test(arguments: EngineStandIn.Dialect.allCases, Way.allCases)
    func `no fault of an engine looks clean, and each is over when it ends`(
        _ dialect: EngineStandIn.Dialect,
        _ way: Way
    ) throws {
        let stage = try Stage(dialect)
        #expect(try stage.scan(way).verdict == "clean")
        #expect(try stage.scan(way, eicar).verdict == "infected")
        for fault in EngineStandIn.Fault.allCases {
            stage.engine.fault(fault)
            try stage.scanInVain(way, fault)
            try stage.scanInVain(way, fault)
            try stage.engine.clear()
            try waitUntil("it recovers from \(fault)") { try stage.scan(way).verdict == "clean" }
            guard fault != .refuse else { continue }
            stage.engine.fault(fault, once: true)
            try stage.scanInVain(way, fault)
            try waitUntil("it recovers from one \(fault)") { try stage.scan(way).verdict == "clean" }
        }
        #expect(try stage.scan(way, eicar).verdict == "infected")
    }

    @Test(arguments: EngineStandIn.Dialect.allCases, [EngineStandIn.Fault.endOfFile, .garbage, .error, .refuse])
    func `an engine that fails its first check is used once it passes`(
        _ dialect: EngineStandIn.Dialect,
        _ fault: EngineStandIn.Fault
    ) throws {
        let stage = try Stage(dialect)
        stage.engine.fault(fault)
        try stage.scanInVain(.content, fault)
        #expect(try stage.scene.check("local")["state"] == "notChecked")
        #expect(try stage.scene.check("local")["lastFailure"]?["kind"]?.string.map(fault.kinds.contains) == true)
        try stage.engine.clear()
        #expect(try stage.scan(.content).verdict == "clean")
        #expect(try stage.scene.check("local")["state"] == "inService")
        #expect(try stage.scene.check("local")["lastFailure"] == JSONValue.null)
    }

    @Test func `callers who leave a silent engine free their connections`() throws {
        let stage = try Stage(.clamd)
        #expect(try stage.scan(.descriptor).verdict == "clean")
        let before = stage.scene.daemon.program.openDescriptors
        stage.engine.fault(.silence)
        let file = try stage.scene.file("hello\n")
        var clients = try (0..<20).map { _ in try stage.scene.connect() }
        let served = stage.engine.served
        for client in clients { try client.request("scanFile", ["file": ["fd": 0]], [file.number]) }
        try waitUntil("scans are with the engine") { stage.engine.served >= served + 8 }
        clients = []
        try waitUntil("all connections are closed") { stage.scene.daemon.program.openDescriptors <= before }
        try stage.engine.clear()
        #expect(try stage.scan(.descriptor).verdict == "clean")
    }

    @Test func `a scan that clamd never answers costs the others of its session nothing`() throws {
        let stage = try Stage(.clamd)
        #expect(try stage.scan(.descriptor).verdict == "clean")
        stage.engine.fault(.silence, once: true)
        let silent = try stage.scene.connect()
        let file = try stage.scene.file("hello\n")
        let served = stage.engine.served
        try silent.request("scanFile", ["file": ["fd": 0], "deadlineMs": 1500], [file.number])
        try waitUntil("clamd has it") { stage.engine.served > served }
        for _ in 0..<3 {
            #expect(try stage.scan(.descriptor).verdict == "clean")
            #expect(try stage.scan(.descriptor, eicar).verdict == "infected")
        }
        #expect(try silent.reply().errorKind == "deadlineExceeded")
        #expect(try stage.scan(.descriptor).verdict == "clean")
    }

    @Test func `one wrong answer in a session clears nothing that is out in it`() throws {
        let stage = try Stage(.clamd)
        #expect(try stage.scan(.descriptor).verdict == "clean")
        stage.engine.fault(.silence)
        let file = try stage.scene.file("hello\n")
        let clients = try (0..<4).map { _ in try stage.scene.connect() }
        let served = stage.engine.served
        for client in clients { try client.request("scanFile", ["file": ["fd": 0]], [file.number]) }
        try waitUntil("clamd has them") { stage.engine.served >= served + 4 }
        stage.engine.fault(.wrongAnswer)
        #expect(try stage.scan(.descriptor).errorKind == "upstreamAnswer")
        for client in clients { #expect(try client.reply().errorKind == "upstreamAnswer") }
        try stage.engine.clear()
        #expect(try stage.scan(.descriptor).verdict == "clean")
    }

    @Test func `a file that changes while clamd has it is not scanned`() throws {
        let stage = try Stage(.clamd)
        #expect(try stage.scan(.descriptor).verdict == "clean")
        let file = try stage.scene.file("hello\n", O_RDWR)
        stage.engine.hold()
        let client = try stage.scene.connect()
        let served = stage.engine.served
        try client.request("scanFile", ["file": ["fd": 0]], [file.number])
        try waitUntil("clamd has it") { stage.engine.served > served }
        #expect(pwrite(file.number, "more of it\n", 11, 0) == 11)
        stage.engine.proceed()
        let reply = try client.reply()
        #expect(reply.verdict == "notScanned")
        #expect(reply["result"]?["reason"] == "changedDuringScan")
    }
}

extension EngineStandIn.Fault {
    /// The kinds of error that it may come to.
    fileprivate var kinds: [String] {
        switch self {
        case .refuse: ["upstreamUnreachable"]
        case .endOfFile: ["upstreamUnreachable"]
        // The socket may break before or while an answer could have come.
        case .reset: ["upstreamUnreachable", "upstreamAnswer"]
        case .silence, .deafness: ["deadlineExceeded"]
        case .slowDrip: ["deadlineExceeded"]
        case .halfReply, .noTerminator, .garbage, .flood, .wrongAnswer, .twoReplies: ["upstreamAnswer"]
        case .error: ["upstreamFailed"]
        }
    }
}
