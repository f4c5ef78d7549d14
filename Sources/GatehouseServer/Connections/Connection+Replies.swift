// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// What is sent, and when.
extension Connection {
    func errorJSON(_ error: APIError) -> JSONValue {
        error.json(requestID: server.nextRequestID().text)
    }

    func reply(_ reply: Pipeline.Reply, to id: MessageID, _ batch: BatchReplies?) {
        server.answered(isError: reply.isError)
        guard let batch else {
            let start = output.bytes.count
            reply.write(id, to: &output.bytes)
            if output.bytes.count - start > server.limits.outputBytes {
                // The reader is not slow: no reader could take this. The others' answers stay.
                output.bytes.removeSubrange(start...)
                server.answered(isError: true)
                let limit = server.limits.outputBytes
                let error = APIError(.replyTooLarge, "the answer has more than \(limit) bytes")
                Pipeline.Reply.error(errorJSON(error)).write(id, to: &output.bytes)
            }
            endMessage()
            return
        }
        guard batch.add({ reply.write(id, to: &$0) }) else { return }
        output.bytes.append(contentsOf: batch.bytes)
        endMessage()
    }

    func endMessage() {
        output.bytes.append(splitter.separatesByNUL ? 0 : UInt8(ascii: "\n"))
        guard output.count <= server.limits.outputBytes else {
            outputOverflowed()
            return
        }
        scheduleFlush()
    }

    func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        server.loop.callAtTurnEnd(self)
    }

    func flush() {
        isFlushScheduled = false
        guard descriptor != nil else { return }
        switch output.send(to: socket) {
        case .everything:
            setInterest(interest.subtracting(.writable))
            finishIfIdle()
        case .partial: setInterest(interest.union(.writable))
        case .broken: close()
        }
    }

    func setInterest(_ wanted: Readiness) {
        guard wanted != interest, descriptor != nil else { return }
        interest = wanted
        do { try server.loop.change(socket, wanted) } catch { close() }
    }
}
