// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// What is sent, and when.
extension Connection {
    /// From so many bytes on a reply alone fills what a socket takes at once.
    private var largeReply: Int { min(256 << 10, server.limits.outputBytes / 2) }
    /// One connection that reads slowly must not have all that its user may hold.
    private var mostWhileRead: Int { max(server.limits.outputBytes, server.limits.heldBytesPerUid / 4) }
    /// Who reads takes more in a second, however rarely it is offered some: a socket's buffer holds more.
    private static let leastTaken: UInt64 = 64 << 10

    func errorJSON(_ error: APIError) -> JSONValue {
        error.json(requestID: server.nextRequestID().text)
    }

    /// Sends a reply, or keeps it until those to the rest of its batch are there.
    ///
    /// `requestID` is under which id the audit has the call; nil for what was no call.
    func reply(_ reply: Pipeline.Reply, to id: MessageID, _ batch: BatchReplies?, _ requestID: RequestID?) {
        server.answered(isError: reply.isError)
        let waiting = output.count
        guard let batch else {
            write(reply, to: id, requestID, room: server.limits.outputBytes, isKept: false, &output.bytes)
            endMessage(since: waiting)
            return
        }
        let (room, before) = (batch.room(within: server.limits.outputBytes), batch.bytes.count)
        let isComplete = batch.add { write(reply, to: id, requestID, room: room, isKept: true, &$0) }
        holds(\.batches, max(isComplete ? held.batches - before : held.batches + batch.bytes.count - before, 0))
        guard isComplete else { return }
        holds(\.requests, max(held.requests - batch.heldBytes, 0))
        idsInBatches.subtract(batch.ids)
        output.bytes.append(contentsOf: batch.bytes)
        endMessage(since: waiting)
    }

    /// Writes a reply, or in place of one that no reader could ever take, or that there is no room to keep for the rest of
    /// its batch, an error of its own: the others' answers stay.
    private func write(
        _ reply: Pipeline.Reply,
        to id: MessageID,
        _ requestID: RequestID?,
        room: Int,
        isKept: Bool,
        _ bytes: inout [UInt8]
    ) {
        let start = bytes.count
        reply.write(id, to: &bytes)
        let count = bytes.count - start
        let reason: String
        if count > room {
            reason = "a message to a caller has no more than \(server.limits.outputBytes) bytes"
        } else if isKept, count > BatchReplies.errorBytes, let refusal = refusal(ofMore: count) {
            reason = refusal.message
        } else {
            return
        }
        guard !reply.isError else { return }
        bytes.removeSubrange(start...)
        server.answered(isError: true)
        let error = APIError(.replyTooLarge, reason)
        let json = error.json(requestID: (requestID ?? server.nextRequestID()).text)
        Pipeline.Reply.error(json).write(id, to: &bytes)
    }

    /// Ends a message, and the connection of a caller that does not read.
    ///
    /// `waiting` is how much waited before it; nil for one that is small.
    func endMessage(since waiting: Int? = nil) {
        output.bytes.append(splitter.separatesByNUL ? 0 : UInt8(ascii: "\n"))
        if let waiting, output.count - waiting >= largeReply { hasLargeReply = true }
        if output.count > server.limits.outputBytes {
            guard hasLargeReply, output.count <= mostWhileRead else { return callerDoesNotRead() }
            watchReading()
        }
        // At once, so that what others of this turn begin knows of it; most of it will be sent at the turn's end.
        if output.held > HeldBytes.free { holds(\.output, output.held) }
        scheduleFlush()
    }

    private func callerDoesNotRead() {
        outputOverflowed("more than \(server.limits.outputBytes) bytes of replies wait to be read")
    }

    /// Gives a caller time to read large replies, of which several may be there at once before it could take the first.
    ///
    /// While more than `outputBytes` wait, some of it must be taken in each second.
    private func watchReading() {
        guard readingTimer == nil else { return }
        let before = output.taken
        readingTimer = server.loop.schedule(at: server.loop.time.now + .seconds(1)) { [weak self] in
            self?.assumeIsolated { $0.judgeReading(since: before) }
        }
    }

    private func judgeReading(since before: UInt64) {
        readingTimer = nil
        // Where large replies keep the loop busy, the caller may have taken all that it was offered.
        flush()
        guard descriptor != nil, !isDraining, output.count > server.limits.outputBytes else { return }
        guard output.taken - before >= Self.leastTaken else { return callerDoesNotRead() }
        watchReading()
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
            hasLargeReply = false
            holds(\.output, 0)
            setInterest(interest.subtracting(.writable))
            finishIfIdle()
        case .partial:
            setInterest(interest.union(.writable))
            holds(\.output, output.held)
            guard !isDraining else { return }
            if held.sum.counted > 0, let fault = server.overflow(of: peer.user) { outputOverflowed(fault.message) }
        case .broken: close()
        }
    }

    func setInterest(_ wanted: Readiness) {
        guard wanted != interest, descriptor != nil else { return }
        interest = wanted
        do { try server.loop.change(socket, wanted) } catch { close() }
    }
}
