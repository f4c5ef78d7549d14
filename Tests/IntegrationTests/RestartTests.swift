// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// What becomes of requests when the daemon is stopped or restarted: each is answered, or its sending fails.
@Suite struct RestartTests {
    /// Stops the daemon's process, lets `body` do what the daemon shall find, and lets it find the signal first.
    private func whileHeld(_ program: ChildProgram, _ body: () throws -> Void) throws {
        kill(program.process, SIGSTOP)
        defer { kill(program.process, SIGCONT) }
        try waitUntil("it is held") { try readFile("/proc/\(program.process)/stat").contains(") T ") }
        kill(program.process, SIGTERM)
        try body()
    }

    @Test func `what a stopping daemon has not read yet is answered, and the connection ends in order`() throws {
        let scene = try Scene()
        let clients = try (0..<20).map { _ in try scene.connect() }
        for client in clients { #expect(try client.answersPing()) }
        // The connection that was read last is looked at first in the next turn, whatever comes before it.
        #expect(try scene.connect().answersPing())
        try whileHeld(scene.daemon.program) {
            for client in clients {
                for id in 0..<40 { try client.request("ping", id: .number(JSONNumber(id))) }
            }
        }
        for client in clients {
            for id in 0..<40 {
                let reply = try client.reply()
                #expect(reply.errorKind == "stopping", "\(reply.text)")
                #expect(reply["id"]?.integer == Int64(id))
            }
            #expect(try client.line() == nil)
        }
        #expect(scene.daemon.program.waitForEnd() == 0)
    }

    @Test func `callers that a stopping daemon has not accepted yet are answered`() throws {
        let scene = try Scene()
        #expect(try scene.connect().answersPing())
        var clients: [WireClient] = []
        try whileHeld(scene.daemon.program) {
            for _ in 0..<100 {
                let client = try scene.connect()
                try client.request("ping")
                clients.append(client)
            }
        }
        for client in clients {
            #expect(try client.reply().errorKind == "stopping")
            #expect(try client.line() == nil)
        }
    }

    @Test func `callers on a passed socket wait for the next daemon`() throws {
        let folder = try TemporaryFolder()
        let lab = try Lab(in: folder.path("lab"))
        let manager = try FakeServiceManager(in: folder, configuration: lab.configuration)
        #expect(try manager.connect().answersPing())
        var clients: [WireClient] = []
        try whileHeld(manager.program) {
            for _ in 0..<100 {
                let client = try manager.connect()
                try client.request("ping")
                clients.append(client)
            }
        }
        #expect(try manager.program.waitForEnd() == 0)
        #expect(manager.notifications.notices.lines.contains("STOPPING=1"))
        try manager.start()
        for client in clients { #expect(try client.reply()["result"]?["pong"] == true) }
    }

    @Test func `half a message is told that the daemon stops`() throws {
        let scene = try Scene()
        let client = try scene.connect(wrong: .requests)
        #expect(try client.answersPing())
        try whileHeld(scene.daemon.program) { try client.send(#"{"jsonrpc":"2.0","id":1,"met"#) }
        #expect(try client.reply().errorKind == "stopping")
        #expect(try client.line() == nil)
    }

    @Test func `while a call is in flight, others on its connection are answered and can cancel it`() throws {
        let scene = try Scene()
        try scene.lab.fault("scanFile:hang")
        let client = try scene.connect()
        let file = try scene.file("hello\n")
        try client.request("scanFile", ["file": ["fd": 0]], id: 1, [file.number])
        try waitUntil("the scan is upstream") { try scene.lab.count("scanFile") == 1 }
        kill(scene.daemon.program.process, SIGTERM)
        try waitUntil("the daemon stops") { access(scene.daemon.socket, F_OK) != 0 }
        try client.request("ping", id: 2)
        #expect(try client.reply().errorKind == "stopping")
        try client.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#)
        let reply = try client.reply()
        #expect(reply.errorKind == "cancelled", "\(reply.text)")
        #expect(reply["error"]?["data"]?["outcome"] == "unknown")
        #expect(try client.line() == nil)
        #expect(scene.daemon.program.waitForEnd() == 0)
    }

    /// `stopping` invites to send a request again, and this one may have been carried out.
    @Test(arguments: [false, true])
    func `a call that is cut short in doubt is retryable only where it may be done twice`(isIdempotent: Bool) throws {
        let scene = try Scene()
        try scene.lab.fault("HostGroup.GroupIdGroups:hang")
        let client = try scene.connect()
        try client.request("callServer", ["method": "HostGroup.GroupIdGroups", "idempotent": .bool(isIdempotent)])
        try waitUntil("the call is upstream") { try scene.lab.count("HostGroup.GroupIdGroups") == 1 }
        kill(scene.daemon.program.process, SIGTERM)
        try waitUntil("the daemon stops") { access(scene.daemon.socket, F_OK) != 0 }
        kill(scene.daemon.program.process, SIGTERM)
        let reply = try client.reply()
        #expect(reply.errorKind == "stopping", "\(reply.text)")
        let data = reply["error"]?["data"]
        #expect(data?["outcome"] == "unknown")
        #expect(data?["retryable"] == .bool(isIdempotent))
        #expect(data?["hint"]?.string?.contains("look at the target") == !isIdempotent)
    }

    @Test func `under load each request is answered over five restarts`() throws {
        let folder = try TemporaryFolder()
        let lab = try Lab(in: folder.path("lab"))
        let manager = try FakeServiceManager(in: folder, configuration: lab.configuration)
        try folder.write("file", "hello\n")
        let counts = Locked(LoadCounts())
        let callers = 6
        for number in 0..<callers {
            try Thread.start("caller") {
                LoadCaller(manager, folder, scans: number == 0, counts).run()
                counts.withLock { $0.ended += 1 }
            }
        }
        for _ in 0..<5 {
            let before = counts.withLock { ($0.answered, $0.scanned) }
            try waitUntil("load") { counts.withLock { $0.answered > before.0 + 500 && $0.scanned > before.1 } }
            #expect(try manager.stop() == 0)
            try manager.start()
        }
        counts.withLock { $0.isOver = true }
        try waitUntil("they are done") { counts.withLock { $0.ended } == callers }
        let result = counts.withLock { $0 }
        #expect(result.lost == [])
        #expect(result.answered > 2500)
        #expect(!manager.log.contains("cannot"), "\(manager.log.suffix(500))")
    }
}

private struct LoadCounts {
    var answered = 0
    var scanned = 0
    var stopping = 0
    var lost: [String] = []
    var ended = 0
    var isOver = false
}

/// Sends one request after the other, over a new connection where one has ended.
private struct LoadCaller {
    private let manager: FakeServiceManager
    private let folder: TemporaryFolder
    private let scans: Bool
    private let counts: Locked<LoadCounts>

    init(_ manager: FakeServiceManager, _ folder: TemporaryFolder, scans: Bool, _ counts: Locked<LoadCounts>) {
        self.manager = manager
        self.folder = folder
        self.scans = scans
        self.counts = counts
    }

    func run() {
        while !counts.withLock({ $0.isOver }) {
            do {
                let client = try manager.connect()
                while !counts.withLock({ $0.isOver }), try one(client) {}
            } catch {
                counts.withLock { $0.lost.append("\(error)") }
                return
            }
        }
    }

    /// One request; false where the connection takes none any more.
    private func one(_ client: WireClient) throws -> Bool {
        let file = Descriptor(owning: open(folder.path("file"), O_RDONLY | O_CLOEXEC))
        do throws(SystemError) {
            if scans {
                try client.request("scanFile", ["file": ["fd": 0]], [file.number])
            } else {
                try client.request("ping")
            }
        } catch {
            // The caller knows that it was not taken.
            guard error.code == EPIPE else { throw error }
            return false
        }
        let reply = try client.reply()
        guard reply.errorKind != "stopping" else {
            counts.withLock { $0.stopping += 1 }
            return true
        }
        guard reply["result"]?["pong"] == true || reply.verdict == "clean" else { throw TestFault(reply.text) }
        counts.withLock { counts in
            counts.answered += 1
            if scans { counts.scanned += 1 }
        }
        return true
    }
}
