// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Servers that speak clamd's language without its sessions: descriptors go to them one by one, and no scan fails for that.
@Suite(.timeLimit(.minutes(3))) struct ClamdWithoutSessionsTests {
    private typealias Asked = EngineStandIn.Asked

    private static let refusals = EngineStandIn.SessionAnswer.allCases.filter { $0 != .takes }

    private struct Stage {
        let engine: EngineStandIn
        let scene: EngineScene

        init(_ answer: EngineStandIn.SessionAnswer) throws {
            let folder = try TemporaryFolder()
            engine = try EngineStandIn(.clamd, at: folder.path("engine"))
            engine.answerSessions(answer)
            scene = try EngineScene(in: folder, [("local", "engine: clamd, socket: \(engine.path)")])
        }

        func scan(_ content: String = "hello\n") throws -> JSONValue {
            try scene.scan(try scene.file(content), ["deadlineMs": 3000])
        }
    }

    @Test(arguments: refusals)
    func `a session is asked for once, and every scan has the verdict of a connection of its own`(
        _ answer: EngineStandIn.SessionAnswer
    ) throws {
        let stage = try Stage(answer)
        #expect(try stage.scan(eicar).verdict == "infected")
        #expect(try stage.scan().verdict == "clean")
        #expect(try stage.scan(eicar).verdict == "infected")
        // The streams are the canaries: they come once.
        #expect(stage.engine.asked == Asked(sessions: 1, descriptors: 3, streams: 3))
        #expect(try stage.scene.check("local")["state"] == "inService")
    }

    @Test(arguments: refusals)
    func `scans that meet the refusal together all come through`(_ answer: EngineStandIn.SessionAnswer) throws {
        let stage = try Stage(answer)
        // The canaries first, so that all scans find the sessions untried.
        #expect(try stage.scene.scan(content: "x").verdict == "clean")
        stage.engine.hold()
        let clean = try stage.scene.file("hello\n")
        let infected = try stage.scene.file(eicar)
        let clients = try (0..<12).map { _ in try stage.scene.connect() }
        for (index, client) in clients.enumerated() {
            let file = index % 2 == 0 ? clean.number : infected.number
            try client.request("scanFile", ["file": ["fd": 0]], [file])
        }
        try waitUntil("a session is asked for") { stage.engine.asked.sessions > 0 }
        stage.engine.proceed()
        for (index, client) in clients.enumerated() {
            #expect(try client.reply().verdict == (index % 2 == 0 ? "clean" : "infected"))
        }
        #expect(stage.engine.asked.descriptors == 12)
        #expect(stage.engine.asked.streams == 4)
    }

    // The caller's own descriptor is passed on then, and who did not take the session may have read through it to the end.
    // Who closes at once is not even sent it.
    @Test func `a file that the daemon may not open again is streamed after the refusal`() throws {
        let stage = try Stage(.unknownCommandAndOK)
        #expect(try stage.scene.scan(content: "x").verdict == "clean")
        let file = try stage.scene.file(eicar, O_RDWR)
        try lease(file.number)
        let reply = try stage.scene.scan(file, ["deadlineMs": 3000])
        #expect(reply.verdict == "infected")
        #expect(reply["result"]?["sha256"]?.string?.utf8.count == 64)
        #expect(stage.engine.asked == Asked(sessions: 1, descriptors: 0, streams: 5))
        // It goes by its descriptor where no refusal came before.
        #expect(try stage.scene.scan(file, ["deadlineMs": 3000]).verdict == "infected")
        #expect(stage.engine.asked == Asked(sessions: 1, descriptors: 1, streams: 5))
    }

    /// Keeps others from opening the file at once (fcntl(2), F_SETLEASE), and is told so by a signal that does nothing.
    private func lease(_ file: Int32) throws {
        let (setSignal, setLease) = (10 as Int32, 1024 as Int32)
        guard fcntl(file, setSignal, SIGURG) == 0, fcntl(file, setLease, Int32(F_WRLCK)) == 0 else {
            throw SystemError.current("fcntl")
        }
    }

    @Test(arguments: refusals)
    func `what comes back is asked for sessions again`(_ answer: EngineStandIn.SessionAnswer) throws {
        let stage = try Stage(answer)
        #expect(try stage.scan().verdict == "clean")
        stage.engine.fault(.refuse)
        #expect(try stage.scan().errorKind == "upstreamUnreachable")
        stage.engine.answerSessions(.takes)
        try stage.engine.clear()
        #expect(try stage.scan(eicar).verdict == "infected")
        let asked = stage.engine.asked
        #expect(asked.sessions == 2)
        #expect(asked.descriptors == 1)
        #expect(try stage.scan().verdict == "clean")
        #expect(stage.engine.asked.descriptors == 1)
    }

    @Test func `a fault within a session is an error as ever, and no reason to give sessions up`() throws {
        let stage = try Stage(.takes)
        #expect(try stage.scan().verdict == "clean")
        for fault in [EngineStandIn.Fault.garbage, .wrongAnswer, .halfReply, .endOfFile] {
            stage.engine.fault(fault, once: true)
            #expect(try stage.scan(eicar).verdict == nil, "\(fault)")
            #expect(try stage.scan(eicar).verdict == "infected", "\(fault)")
        }
        #expect(stage.engine.asked.descriptors == 0)
    }

    @Test(arguments: [EngineStandIn.Fault.garbage, .halfReply, .wrongAnswer, .noTerminator])
    func `a first answer that is garbled is an error`(_ fault: EngineStandIn.Fault) throws {
        let stage = try Stage(.takes)
        #expect(try stage.scene.scan(content: "x").verdict == "clean")
        stage.engine.fault(fault, once: true)
        #expect(try stage.scan(eicar).errorKind == "upstreamAnswer")
        #expect(stage.engine.asked.descriptors == 0)
    }

    @Test(
        arguments: [EngineStandIn.SessionAnswer.takes, .unknownCommand],
        [nil, "(null)", "", "a b: OK", "\u{1B}[31m"]
    )
    func `what is found is infected, however it is called`(
        _ answer: EngineStandIn.SessionAnswer,
        _ name: String?
    ) throws {
        let stage = try Stage(answer)
        // Not UTF-8.
        stage.engine.nameThreat(name.map { Array($0.utf8) } ?? [0x61, 0xFF])
        let isUnnamed = name == "(null)" || name == ""
        let shown = name.map { $0.replacing("\u{1B}", with: " ") } ?? "a\u{FFFD}"
        for reply in [try stage.scan(eicar), try stage.scene.scan(content: eicar)] {
            #expect(reply.verdict == "infected")
            let threats = reply["result"]?["threats"]?.array ?? []
            #expect(threats.map { $0["name"] } == [isUnnamed ? .null : .string(shown)])
        }
        try stage.scene.folder.write("f", eicar)
        let program = try ChildProgram(
            ChildProgram.builtPrograms + "/gatehouse",
            ["scan", stage.scene.folder.path("f")],
            environment: ["GATEHOUSE_SOCKET": stage.scene.daemon.socket, "TERM": "dumb"],
            errorLog: stage.scene.folder.path("gatehouse.log")
        )
        let output = program.readAll()
        #expect(program.waitForEnd() == 1)
        #expect(output == stage.scene.folder.path("f: \(isUnnamed ? "unknown" : shown) FOUND"))
    }
}
