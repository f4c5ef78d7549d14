// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer
import Logging

/// A record as one line for standard error.
///
/// The audit is lines of `name=value` pairs. The one before a call that reaches an upstream ends in `outcome=begins`,
/// the one after each call in its outcome and the milliseconds since the request had arrived. Each stage that was
/// reached says how it ended and how long it took.
enum TextLine {
    /// The line, without its end.
    static func text(_ record: LogRecord) -> String {
        switch record {
        case .message(let level, let message, let metadata):
            LogText.visible("\(level): \(message)\(fields(metadata))")
        case .callBegins(let record): audit(record, [("outcome", "begins")])
        case .callEnds(let record, let time): audit(record, outcome(record, time))
        case .lost(let count): "gatehoused: \(count) log lines were lost"
        case .journalFails(let reason): "gatehoused: \(JournalFields.failure(reason))"
        }
    }

    /// Metadata as ` name=value` pairs.
    static func fields(_ metadata: Logger.Metadata) -> String {
        metadata.filter { $0.key != MessageKind.metadataKey }
            .sorted { $0.key < $1.key }
            .map { " \($0.key)=\($0.value)" }.joined()
    }

    private static func audit(_ record: AuditRecord, _ outcome: [(String, String)]) -> String {
        var line = "audit"
        line.reserveCapacity(256)
        func add(_ name: String, _ value: String) {
            line += " "
            line += name
            line += "="
            line += value
        }
        add("request", record.requestID.text)
        add("method", LogText.quoted(record.method))
        add("uid", String(record.peer.user))
        add("pid", String(record.peer.process))
        if let profile = record.profile { add("profile", LogText.quoted(profile)) }
        if let name = record.name { add("name", LogText.quoted(name)) }
        for detail in record.details { add(detail.name, LogText.quoted(detail.value)) }
        if let rule = record.rule { add("rule", String(rule)) }
        for entry in record.stages.entries {
            add(entry.stage.rawValue, "\(entry.isPassed ? "passed" : "failed"):\(entry.time.wholeMicroseconds)us")
        }
        for field in outcome { add(field.0, field.1) }
        return line
    }

    private static func outcome(_ record: AuditRecord, _ time: Duration) -> [(String, String)] {
        var fields: [(String, String)] = []
        if let verdict = record.verdict { fields.append(("verdict", LogText.quoted(verdict))) }
        if let reason = record.reason { fields.append(("reason", LogText.quoted(reason))) }
        if let size = record.size { fields.append(("size", String(size))) }
        if let sha256 = record.sha256 { fields.append(("sha256", LogText.quoted(sha256))) }
        if let upstream = record.upstream {
            if let name = upstream.name { fields.append(("upstream", LogText.quoted(name))) }
            if let status = upstream.status { fields.append(("status", String(status))) }
            if let code = upstream.code { fields.append(("code", LogText.quoted(code))) }
            if let traceID = upstream.traceID { fields.append(("trace", LogText.quoted(traceID))) }
        }
        fields.append(("outcome", record.failure?.rawValue ?? "done"))
        fields.append(("ms", String(time.wholeMilliseconds)))
        return fields
    }
}
