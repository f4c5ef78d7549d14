// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// What is sent, and when.
extension Connection {
    func errorJSON(_ error: APIError) -> JSONValue {
        error.json(requestID: server.nextRequestID().text)
    }

    /// Sends a reply, or keeps it until those to the rest of its batch are there.
    ///
    /// `requestID` is under which id the audit has the call; nil for what was no call.
    func reply(_ reply: Pipeline.Reply, to id: MessageID, _ batch: BatchReplies?, _ requestID: RequestID?) {
        server.answered(isError: reply.isError)
        guard let batch else {
            write(reply, to: id, requestID, room: server.limits.outputBytes, &output.bytes)
            endMessage()
            return
        }
        let room = batch.room(within: server.limits.outputBytes)
        guard batch.add({ write(reply, to: id, requestID, room: room, &$0) }) else { return }
        idsInBatches.subtract(batch.ids)
        output.bytes.append(contentsOf: batch.bytes)
        endMessage()
    }

    /// Writes a reply, or in place of one that no reader could ever take an error of its own: the others' answers stay.
    private func write(
        _ reply: Pipeline.Reply,
        to id: MessageID,
        _ requestID: RequestID?,
        room: Int,
        _ bytes: inout [UInt8]
    ) {
        let start = bytes.count
        reply.write(id, to: &bytes)
        guard bytes.count - start > room, !reply.isError else { return }
        bytes.removeSubrange(start...)
        server.answered(isError: true)
        let limit = server.limits.outputBytes
        let error = APIError(.replyTooLarge, "a message to a caller has no more than \(limit) bytes")
        let json = error.json(requestID: (requestID ?? server.nextRequestID()).text)
        Pipeline.Reply.error(json).write(id, to: &bytes)
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
