// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The log where standard error is the journal (contract section 7): structured, and never in anybody's way.
@Suite(.enabled(if: Journal.isPossible, "only root may mount"), .timeLimit(.minutes(2))) struct JournalTests {
    private static let begins = "800e9eabb1124e618991539330b7566a"
    private static let ends = "06a39ae337a34c628b2247cced2c57fd"

    @Test func `a scan has an entry before and one after, with a field for each thing that is known`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(in: folder)
        let scene = try Scene(journal: journal, in: folder)
        let listed = try scene.connect().call("status")["result"]?["profiles"]?.array
        let profile = try #require(listed?.first?["profile"]?.string)
        let verdict = try scene.scan(eicar, [("name", "a.pdf"), ("profile", .string(profile))])
        #expect(verdict.verdict == "infected")
        let entries = try journal.entries(2) { $0["GATEHOUSE_METHOD"] == "scanFile" }
        #expect(entries.count == 2)
        let (before, after) = (entries[0], entries[1])
        for entry in entries {
            #expect(entry["SYSLOG_IDENTIFIER"] == "gatehoused")
            #expect(entry["GATEHOUSE_REQUEST_ID"] == verdict["result"]?["requestId"]?.string)
            #expect(entry["GATEHOUSE_PEER_UID"] == "\(geteuid())")
            #expect(entry["GATEHOUSE_PEER_GID"] == "\(getegid())")
            #expect(entry["GATEHOUSE_PEER_PID"] == "\(getpid())")
            #expect(entry["GATEHOUSE_NAME"] == "a.pdf")
            #expect(entry["GATEHOUSE_PROFILE"] == profile)
            #expect(entry["GATEHOUSE_STAGE_AUTHORISE_USEC"].flatMap { Int($0) } != nil)
            #expect(entry["GATEHOUSE_FAILED_STAGE"] == nil)
        }
        #expect(before["MESSAGE_ID"] == Self.begins)
        #expect(before["PRIORITY"] == "6")
        #expect(before["GATEHOUSE_OUTCOME"] == "begins")
        #expect(before["MESSAGE"] == #"audit: "scanFile" of uid \#(geteuid()) begins"#)
        #expect(before["GATEHOUSE_VERDICT"] == nil)
        #expect(after["MESSAGE_ID"] == Self.ends)
        #expect(after["PRIORITY"] == "4")
        #expect(after["GATEHOUSE_OUTCOME"] == "done")
        #expect(after["GATEHOUSE_VERDICT"] == "infected")
        #expect(after["GATEHOUSE_KIND"] == nil)
        #expect(after["GATEHOUSE_STAGE_STRIP_USEC"].flatMap { Int($0) } != nil)
        #expect(after["GATEHOUSE_DURATION_USEC"].flatMap { Int($0) }.map { $0 > 0 } == true)
        #expect(!scene.daemon.program.errors.contains("audit"))
    }

    @Test func `a call that fails says of which kind and where, one upstream what is called`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(in: folder)
        let scene = try Scene(journal: journal, in: folder)
        let client = try scene.connect(wrong: .requests)
        #expect(try client.call("ping", ["no": 1]).errorKind == "invalidParams")
        let failed = try #require(try journal.entries(1) { $0["GATEHOUSE_METHOD"] == "ping" }.first)
        #expect(failed["GATEHOUSE_KIND"] == "invalidParams")
        #expect(failed["GATEHOUSE_OUTCOME"] == "failed")
        #expect(failed["GATEHOUSE_FAILED_STAGE"] == "validate")
        #expect(failed["MESSAGE_ID"] == Self.ends)
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let gateway = try #require(try client.call("prepareGateway", ["target": target])["result"]?["gateway"]?.string)
        let arguments: JSONValue = ["szwProductID": "planted-argument", "nTraceLevel": 0]
        let params: JSONValue = [
            "gateway": .string(gateway), "method": "NagRdu.ChangeTraceParams", "arguments": arguments,
        ]
        _ = try client.call("callAgent", params)
        let call = try #require(try journal.entries(2) { $0["GATEHOUSE_METHOD"] == "callAgent" }.first)
        #expect(call["GATEHOUSE_CALL"] == "NagRdu.ChangeTraceParams")
        #expect(call["GATEHOUSE_GATEWAY"] == String(gateway.prefix(8)))
        let prepared = try #require(journal.entries.first { $0["GATEHOUSE_METHOD"] == "prepareGateway" })
        #expect(prepared["GATEHOUSE_TARGET"]?.contains("agent") == true)
        #expect(!String(decoding: journal.bytes, as: UTF8.self).contains("planted-argument"))
    }

    @Test func `no caller can forge a field, and a text of a caller's is as long as it may be`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(in: folder)
        let scene = try Scene(journal: journal, in: folder)
        let client = try scene.connect(wrong: .requests)
        let texts = ["x\nPRIORITY=0", "x\u{0}y", "=", "x\u{1B}[2J", "e" + String(repeating: "\u{301}", count: 50_000)]
        for text in texts { #expect(try client.call(text).errorKind == "methodNotFound") }
        let entries = try journal.entries(texts.count) { $0["GATEHOUSE_KIND"] == "methodNotFound" }
        for (text, entry) in zip(texts, entries) {
            let method = try #require(entry["GATEHOUSE_METHOD"])
            #expect(text.unicodeScalars.starts(with: method.unicodeScalars))
            #expect(method.utf8.count <= 1020)
            #expect(entry["PRIORITY"] == "6")
            let message = try #require(entry["MESSAGE"])
            #expect(!message.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        }
        #expect(entries[0]["GATEHOUSE_METHOD"] == texts[0])
    }

    @Test func `a journal that reads nothing stops nothing but calls that must be audited, and losses are told`() throws
    {
        let folder = try TemporaryFolder()
        let journal = try Journal(in: folder)
        let scene = try Scene(journal: journal, in: folder)
        let client = try scene.connect(wrong: .requests)
        // Each call that is refused is an entry: far more than the socket and the queue hold.
        let refused = #"{"jsonrpc":"2.0","id":1,"method":"nothing"}"# + "\n"
        for _ in 0..<400 {
            try client.send(String(repeating: refused, count: 50))
            for _ in 0..<50 { #expect(try client.line() != nil) }
        }
        #expect(try client.answersPing())
        #expect(try scene.scan("hello\n").errorKind == "busy")
        let status = try client.call("status")["result"]?["log"]
        #expect(status?["waiting"]?.integer.map { $0 > 8192 } == true)
        #expect(status?["lost"]?.integer.map { $0 > 0 } == true)
        // Whoever reads the journal again sees how much is missing.
        let told = try #require(try journal.entries(1) { $0["GATEHOUSE_LOST"] != nil }.first)
        let lost = try #require(told["GATEHOUSE_LOST"].flatMap { Int($0) })
        let kept = journal.entries.filter { $0["GATEHOUSE_METHOD"] == "nothing" }.count
        // Two more are the scan's, which was refused.
        #expect(lost + kept == 20_002)
        #expect(told["MESSAGE_ID"] == "fc8d179ed5ff4d3bb3a048db7428a70f")
        #expect(told["PRIORITY"] == "4")
        #expect(try scene.scan("hello\n").verdict == "clean")
        _ = try journal.entries(2) { $0["GATEHOUSE_METHOD"] == "scanFile" && $0["GATEHOUSE_OUTCOME"] != "failed" }
    }

    @Test func `a journal that nobody reads does not keep the daemon from ending`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(in: folder)
        let scene = try Scene(journal: journal, in: folder)
        let client = try scene.connect(wrong: .requests)
        for _ in 0..<20 {
            try client.send(String(repeating: #"{"jsonrpc":"2.0","id":1,"method":"nothing"}"# + "\n", count: 50))
            for _ in 0..<50 { #expect(try client.line() != nil) }
        }
        #expect(scene.daemon.program.stop(SIGTERM) == 0)
    }

    @Test func `without a journal the log goes on as text, which is said once`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(in: folder, isMissing: true)
        let scene = try Scene(journal: journal, in: folder)
        for _ in 0..<3 { #expect(try scene.scan("hello\n").verdict == "clean") }
        try waitUntil("all records") {
            scene.daemon.program.errors.split(separator: "\n").filter { $0.hasPrefix("audit ") }.count == 6
        }
        let told = scene.daemon.program.errors.split(separator: "\n").filter { $0.contains("the journal takes no") }
        #expect(told.count == 1)
        #expect(told.first?.contains("No such file or directory") == true)
    }

    @Test func `standard error that is not the journal any more gets text`() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(in: folder)
        let log = folder.path("other.log")
        let lab = try Lab(in: folder.path("lab"))
        let environment = try Journal.environment(errorLog: folder.path("somewhere.log"))
        let program = try ChildProgram(
            "/usr/bin/env",
            journal.wrapper + [
                ChildProgram.builtPrograms + "/gatehoused", "--config", lab.configuration, "--listen",
                folder.path("s.sock"), "--log-level", "info",
            ],
            environment: environment,
            errorLog: log
        )
        try waitUntil("the daemon's line") { program.errors.contains("listening") }
        journal.receive()
        #expect(journal.entries.isEmpty)
    }
}
