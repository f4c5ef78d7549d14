// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseServer

/// The audit, by the log's queue.
///
/// The log's thread is woken once the loop's turn is over: to wake a thread takes longer than most calls, and the reply
/// and the request to a server go first.
struct QueueingAudit: AuditSink {
    let queue: LogQueue
    let time: any TimeSource
    private let loop: EventLoop
    private let afterTurn: WakingAfterTurn

    init(queue: LogQueue, loop: EventLoop) {
        self.queue = queue
        self.loop = loop
        time = loop.time
        afterTurn = WakingAfterTurn(queue: queue)
    }

    func write(_ record: AuditRecord, isBeginning: Bool) -> Bool {
        let record = isBeginning ? LogRecord.callBegins(record) : .callEnds(record, after: time.now - record.receivedAt)
        return queue.write(record, deferringWake: wakeAfterTurn)
    }

    private func wakeAfterTurn(_ queue: LogQueue) {
        if loop.isCurrent { loop.callAfterTurn(afterTurn) } else { queue.wakeUp() }
    }
}

private final class WakingAfterTurn: TurnEndHandler {
    private let queue: LogQueue

    init(queue: LogQueue) {
        self.queue = queue
    }

    func turnEnded() {
        queue.wakeUp()
    }
}
