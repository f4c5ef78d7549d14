// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseServer

/// The audit, by the log's queue.
struct QueueingAudit: AuditSink {
    let queue: LogQueue
    let time: any TimeSource

    func write(_ record: AuditRecord, isBeginning: Bool) -> Bool {
        queue.write(isBeginning ? .callBegins(record) : .callEnds(record, after: time.now - record.receivedAt))
    }
}
