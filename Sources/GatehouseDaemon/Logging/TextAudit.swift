// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer
import GatehouseWire

/// The audit as text lines of `name=value` pairs, for standard error.
///
/// The line before a call that reaches an upstream ends in `outcome=begins`, the one after each call in its outcome and
/// the milliseconds since the request had arrived. Each stage that was reached says how it ended and how long it took.
struct TextAudit: AuditSink {
    let writer: LineWriter
    let time: any TimeSource

    func write(_ record: AuditRecord, isBeginning: Bool) -> Bool {
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
        if isBeginning {
            fields.append(("outcome", "begins"))
        } else {
            if let verdict = record.verdict { fields.append(("verdict", LogText.quoted(verdict))) }
            if let reason = record.reason { fields.append(("reason", LogText.quoted(reason))) }
            fields.append(("outcome", record.failure?.rawValue ?? "done"))
            fields.append(("ms", String((time.now - record.receivedAt).wholeMilliseconds)))
        }
        return writer.write("audit " + fields.map { "\($0.0)=\($0.1)" }.joined(separator: " "))
    }
}
