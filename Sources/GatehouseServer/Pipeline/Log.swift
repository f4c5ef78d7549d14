// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI

/// The third stage: the audit, one record per call, and one before a call that reaches an upstream is made.
package struct Log: Sendable {
    private let sink: any AuditSink
    private let includesReads: Bool
    /// How calls ended, and how many records were lost.
    package let counts = RequestCounts()

    /// Writes to a sink.
    ///
    /// With `includesReads`, also what is only answered from memory.
    package init(_ sink: any AuditSink, includesReads: Bool = false) {
        self.sink = sink
        self.includesReads = includesReads
    }

    func begin(_ record: AuditRecord) throws(APIError) {
        guard sink.write(record, isBeginning: true) else {
            counts.countLostRecord()
            throw APIError(.busy, "the audit cannot be written", hint: "Look at what reads the daemon's log.")
        }
    }

    func end(_ record: AuditRecord, of method: MethodSchema?, isWorthIt: Bool) {
        counts.count(method?.name, record.failure)
        guard isWorthIt || includesReads || record.failure != nil else { return }
        if !sink.write(record, isBeginning: false) { counts.countLostRecord() }
    }
}
