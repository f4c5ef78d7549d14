// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer
import GatehouseWire

/// The audit as text lines of `name=value` pairs, for standard error.
struct TextAudit: AuditSink {
    let writer: LineWriter
    let time: any TimeSource

    func write(_ record: AuditRecord, isBeginning: Bool) -> Bool {
        var fields: [(String, String)] = [
            ("request", record.requestID), ("method", quoted(record.method)), ("uid", String(record.peer.user)),
            ("pid", String(record.peer.process)),
        ]
        if let profile = record.profile { fields.append(("profile", quoted(profile))) }
        if let name = record.name { fields.append(("name", quoted(name))) }
        if isBeginning {
            fields.append(("stage", "invoke"))
        } else {
            fields.append(("stages", record.passed.map(\.rawValue).joined(separator: ",")))
            if let verdict = record.verdict { fields.append(("verdict", quoted(verdict))) }
            if let reason = record.reason { fields.append(("reason", quoted(reason))) }
            fields.append(("outcome", record.failure?.rawValue ?? "done"))
            fields.append(("ms", String((time.now - record.receivedAt).wholeMilliseconds)))
        }
        return writer.write("audit " + fields.map { "\($0.0)=\($0.1)" }.joined(separator: " "))
    }

    /// A text of the caller's as a JSON string, so that it can neither end the line nor forge a field.
    private func quoted(_ text: String) -> String {
        JSONValue.string(String(text.prefix(255))).text
    }
}
