// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform

/// What a caller's flood leaves for later turns of the loop.
extension Connection {
    /// Begins the next few messages of the backlog; reads on once there are none.
    func handleBacklog() {
        // Who asks is being looked up: its messages are begun when that is known.
        guard !backlog.isEmpty, identification != .asking else { return }
        defer { holdsMessages() }
        for _ in 0..<Backlog.messagesPerTurn {
            guard let (bytes, claim) = backlog.takeFirst() else { break }
            bytes.withUnsafeBufferPointer { handle($0, claim) }
            guard mayBegin else { return }
        }
        guard backlog.isEmpty else {
            scheduleFlush()
            return
        }
        endedMessages(failure: backlog.failure)
    }

    /// Goes on after all messages of a read have begun.
    func endedMessages(failure: Backlog.Failure?) {
        backlog = Backlog()
        switch failure {
        case .splitter(let failure)?: fail(failure)
        case .orphanedDescriptors?: fail(APIError(.descriptorMismatch))
        case .refused(let error)?: fail(error)
        case nil:
            holdOrResumeInput()
        }
        finishIfIdle()
    }

    /// Whether messages that have come are still begun.
    private var mayBegin: Bool {
        switch phase {
        case .open, .inputEnded: true
        case .failing, .draining, .closed: false
        }
    }
}
