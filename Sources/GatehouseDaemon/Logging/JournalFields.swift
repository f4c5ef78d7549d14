// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer
import Logging

/// A record as the fields of an entry in the journal (systemd.journal-fields(7)).
///
/// Values are whatever bytes they are: neither an end of line nor anything else in one can begin another field.
struct JournalFields {
    /// No text of somebody else's is longer, in scalars.
    static let shortValue = 255
    /// No value at all is longer, in scalars.
    static let longValue = 4096

    /// Names and values, in order.
    private(set) var all: [(name: String, value: String)] = []

    init(_ record: LogRecord) {
        switch record {
        case .message(let level, let message, let metadata): add(level, message, metadata)
        case .callBegins(let record):
            begin(.callBegins, priority(.info), "audit: \(Self.summary(record)) begins")
            add(record)
            add(.outcome, "begins")
        case .callEnds(let record, let time): add(record, after: time)
        case .lost(let count):
            begin(.recordsLost, priority(.warning), "\(count) records of the log were lost")
            add(.lost, String(count))
        case .journalFails(let reason): begin(nil, priority(.error), Self.failure(reason))
        }
    }

    /// What is said once when the journal does not take records.
    static func failure(_ reason: String) -> String {
        "the journal takes no records (\(reason)): they follow on standard error, as text"
    }

    /// Each field as the bytes that sd_journal_sendv(3) takes.
    var bytes: [[UInt8]] { all.map { Array("\($0.name)=\($0.value)".utf8) } }

    private mutating func begin(_ kind: MessageKind?, _ priority: Int, _ message: String) {
        add("MESSAGE", LogText.visible(message), atMost: Self.longValue)
        add("PRIORITY", String(priority), atMost: 1)
        add("SYSLOG_IDENTIFIER", "gatehoused", atMost: Self.shortValue)
        if let kind { add("MESSAGE_ID", kind.rawValue, atMost: Self.shortValue) }
    }

    private mutating func add(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        let kind = metadata[MessageKind.metadataKey].flatMap { MessageKind(rawValue: "\($0)") }
        begin(kind, priority(level), message + TextLine.fields(metadata))
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key != MessageKind.metadataKey {
            add(JournalField.name(ofMetadata: key), "\(value)", atMost: Self.longValue)
        }
    }

    private mutating func add(_ record: AuditRecord) {
        add(.requestID, record.requestID.text)
        add(.method, record.method)
        add(.peerUser, String(record.peer.user))
        add(.peerGroup, String(record.peer.group))
        add(.peerProcess, String(record.peer.process))
        if let profile = record.profile { add(.profile, profile) }
        if let name = record.name { add(.name, name) }
        for detail in record.details {
            add(JournalField.name(ofMetadata: detail.name), detail.value, atMost: Self.shortValue)
        }
        if let rule = record.rule { add(.rule, String(rule)) }
        for entry in record.stages.entries {
            add(JournalField(entry.stage), String(entry.time.wholeMicroseconds))
            if !entry.isPassed { add(.failedStage, entry.stage.rawValue) }
        }
    }

    private mutating func add(_ record: AuditRecord, after time: Duration) {
        let outcome = record.failure == nil ? "done" : "failed"
        let word = record.failure?.rawValue ?? record.verdict ?? outcome
        // What an operator should look at stands out: a file that was found infected, and a fault of our own.
        let level: Logger.Level = record.failure == .internal ? .error : record.verdict == "infected" ? .warning : .info
        begin(.callEnds, priority(level), "audit: \(Self.summary(record)): \(word)")
        add(record)
        add(.outcome, outcome)
        if let verdict = record.verdict { add(.verdict, verdict) }
        if let reason = record.reason { add(.reason, reason) }
        if let size = record.size { add(.size, String(size)) }
        if let sha256 = record.sha256 { add(.sha256, sha256) }
        if let upstream = record.upstream {
            if let name = upstream.name { add(.upstream, name) }
            if let status = upstream.status { add(.upstreamStatus, String(status)) }
            if let code = upstream.code { add(.upstreamCode, code) }
            if let traceID = upstream.traceID { add(.traceID, traceID) }
        }
        if let failure = record.failure { add(.kind, failure.rawValue) }
        add(.duration, String(time.wholeMicroseconds))
    }

    private static func summary(_ record: AuditRecord) -> String {
        "\(LogText.quoted(record.method)) of uid \(record.peer.user)"
    }

    private mutating func add(_ field: JournalField, _ value: String) {
        add(field.rawValue, value, atMost: Self.shortValue)
    }

    private mutating func add(_ name: String, _ value: String, atMost scalars: Int) {
        // Scalars: a single character may be as long as a message.
        all.append((name, String(String.UnicodeScalarView(value.unicodeScalars.prefix(scalars)))))
    }

    /// The level as syslog(3) counts it.
    private func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
