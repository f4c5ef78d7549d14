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
        var fields: [(String, String)] = [
            ("request", record.requestID.text), ("method", LogText.quoted(record.method)),
            ("uid", String(record.peer.user)),
            ("pid", String(record.peer.process)),
        ]
        if let profile = record.profile { fields.append(("profile", LogText.quoted(profile))) }
        if let name = record.name { fields.append(("name", LogText.quoted(name))) }
        for detail in record.details {
            // The audit's own "method" is the one that the caller named.
            let name = detail.name == "method" ? "call" : detail.name
            fields.append((name, LogText.quoted(detail.value)))
        }
        if let rule = record.rule { fields.append(("rule", String(rule))) }
        for entry in record.stages.entries {
            let outcome = entry.isPassed ? "passed" : "failed"
            fields.append((entry.stage.rawValue, "\(outcome):\(entry.time.wholeMicroseconds)us"))
        }
        return "audit " + (fields + outcome).map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }

    private static func outcome(_ record: AuditRecord, _ time: Duration) -> [(String, String)] {
        var fields: [(String, String)] = []
        if let verdict = record.verdict { fields.append(("verdict", LogText.quoted(verdict))) }
        if let reason = record.reason { fields.append(("reason", LogText.quoted(reason))) }
        fields.append(("outcome", record.failure?.rawValue ?? "done"))
        fields.append(("ms", String(time.wholeMilliseconds)))
        return fields
    }
}
