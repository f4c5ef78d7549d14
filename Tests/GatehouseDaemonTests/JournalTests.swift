// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc
import Logging
import Testing

@testable import GatehouseDaemon

/// What was sent, and what answers it gets.
private final class Sent: Sendable {
    let fields = Locked<[[String]]>([])
    let answers: Locked<[Int32]>

    init(_ answers: [Int32] = []) {
        self.answers = Locked(answers)
    }

    func send(_ entry: [[UInt8]]) -> Int32 {
        fields.withLock { $0.append(entry.map { String(decoding: $0, as: UTF8.self) }) }
        return answers.withLock { $0.isEmpty ? 0 : $0.removeFirst() }
    }
}

private struct Lines: LogOutput {
    let all = Locked<[String]>([])
    var lost = 0

    func write(_ records: [LogRecord]) -> Int {
        all.withLock { $0 += records.map(TextLine.text) }
        return lost
    }
}

@Suite struct JournalTests {
    @Test(arguments: [
        (Logger.Level.trace, "7"), (.debug, "7"), (.info, "6"), (.notice, "5"), (.warning, "4"), (.error, "3"),
        (.critical, "2"),
    ])
    func `a message is an entry with its level as a priority`(_ level: Logger.Level, _ priority: String) {
        let sent = Sent()
        var output = JournalOutput(send: sent.send, fallback: Lines())
        #expect(output.write([.message(level, "it is so", ["why": "a\nb", "two-words": "x"])]) == 0)
        let wanted = [
            #"MESSAGE=it is so two-words=x why=a\u000ab"#, "PRIORITY=\(priority)", "SYSLOG_IDENTIFIER=gatehoused",
            "GATEHOUSE_TWO_WORDS=x", "GATEHOUSE_WHY=a\nb",
        ]
        #expect(sent.fields.withLock { $0 } == [wanted])
    }

    @Test func `a message of a kind carries its identifier, and nothing else of it`() {
        let lines = Lines()
        let metadata: Logger.Metadata = [
            MessageKind.metadataKey: .string(MessageKind.listening.rawValue), "socket": "rpc",
        ]
        let record = LogRecord.message(.info, "listening", metadata)
        let fields = JournalFields(record).all
        #expect(fields.contains { $0.name == "MESSAGE_ID" && $0.value == MessageKind.listening.rawValue })
        #expect(fields.contains { $0.name == "MESSAGE" && $0.value == "listening socket=rpc" })
        #expect(!fields.contains { $0.name.hasPrefix("GATEHOUSE_MESSAGE") })
        #expect(lines.write([record]) == 0)
        #expect(lines.all.withLock { $0 } == ["info: listening socket=rpc"])
    }

    @Test func `what the journal does not take goes on as text, which is said once until it takes something again`() {
        let sent = Sent([0, -ECONNREFUSED, -ECONNREFUSED, 0, -ENOENT])
        let lines = Lines()
        var output = JournalOutput(send: sent.send, fallback: lines)
        let records = (0..<5).map { LogRecord.message(.notice, "m\($0)", [:]) }
        #expect(output.write(records) == 0)
        let told = "gatehoused: the journal takes no records (sd_journal_sendv"
        let seen = lines.all.withLock { $0.map { $0.hasPrefix(told) ? "told" : $0 } }
        #expect(seen == ["told", "notice: m1", "notice: m2", "told", "notice: m4"])
    }

    @Test func `what neither takes is lost`() {
        let sent = Sent([-ECONNREFUSED, 0])
        var output = JournalOutput(send: sent.send, fallback: Lines(lost: 1))
        #expect(output.write([.message(.notice, "a", [:]), .message(.notice, "b", [:])]) == 1)
    }

    @Test func `a value is cut, by scalars`() {
        let long = "e" + String(repeating: "\u{301}", count: 100_000)
        let fields = JournalFields(.message(.notice, "m", ["long": "\(long)"])).all
        for field in fields { #expect(field.value.unicodeScalars.count <= JournalFields.longValue) }
    }

    @Test(arguments: [
        ("fault", "GATEHOUSE_FAULT"), ("two words", "GATEHOUSE_TWO_WORDS"), ("a.b-c", "GATEHOUSE_A_B_C"),
        ("ñ", "GATEHOUSE___"), ("a=b\nc", "GATEHOUSE_A_B_C"),
    ])
    func `the name of a field is one that the journal takes`(_ key: String, _ wanted: String) {
        #expect(JournalField.name(ofMetadata: key) == wanted)
        #expect(JournalField.name(ofMetadata: String(repeating: "x", count: 100)).utf8.count == 64)
    }

    @Test(arguments: [
        ("%d:%i", true), ("%i:%d", false), ("%d", false), ("%d:%i:", false), ("", false), ("-1:%i", false),
        ("99999999999999999999999:%i", false),
    ])
    func `standard error is the journal where device and inode say so`(_ form: String, _ wanted: Bool) throws {
        var status = stat()
        #expect(fstat(0, &status) == 0)
        let text = form.replacing("%d", with: "\(status.st_dev)").replacing("%i", with: "\(status.st_ino)")
        #expect(JournalStream.isConnected(to: 0, ["JOURNAL_STREAM": text]) == wanted)
        #expect(!JournalStream.isConnected(to: 0, [:]))
    }

    @Test func `every field and every identifier is in the documents`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
        let page = try text(of: root + "/docs/logging.md")
        for field in JournalField.allCases { #expect(page.contains("`\(field.rawValue)`"), "\(field)") }
        for kind in MessageKind.allCases { #expect(page.contains(kind.rawValue), "\(kind)") }
        #expect(Set(MessageKind.allCases.map(\.rawValue)).count == MessageKind.allCases.count)
        #expect(MessageKind.allCases.allSatisfy { $0.rawValue.utf8.count == 32 })
    }

    private func text(of path: String) throws -> String {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.current("open \(path)") }
        let file = Descriptor(owning: number)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = read(file.number, &chunk, chunk.count), count > 0 { bytes += chunk.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
