// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// Requests that wait for something: their deadline, their cancellation, their progress.
extension Connection {
    func start(
        _ waiting: Pipeline.Waiting,
        _ call: IncomingCall,
        _ id: MessageID,
        _ batch: BatchReplies?,
        _ size: Int
    ) {
        let task = server.spawner.spawn { [weak self] in
            let result: Result<JSONValue, APIError>
            do throws(APIError) { result = .success(try await waiting.work()) } catch { result = .failure(error) }
            await self?.ended(id, result)
        }
        let timer = server.loop.schedule(at: waiting.deadline) { [weak self] in
            self?.assumeIsolated { $0.cancel(id, .byDeadline) }
        }
        inFlight[id] = InFlight(
            call: call.withoutContent,
            waiting: waiting,
            batch: batch,
            task: task,
            deadlineTimer: timer,
            heldBytes: size
        )
        holds(\.requests, held.requests + size)
        idsAsWritten[asWritten(id)] = id
        server.began(peer.user)
        if let chunks = waiting.chunks { watchRoom(of: chunks, id) }
    }

    private func asWritten(_ id: MessageID) -> MessageID {
        guard let value = try? JSONValue(parsing: id.token) else { return id }
        return MessageID(token: value.text)
    }

    func cancel(_ id: MessageID, _ cancellation: InFlight.Cancellation) {
        guard inFlight[id]?.cancellation == nil else { return }
        inFlight[id]?.cancellation = cancellation
        inFlight[id]?.task.cancel()
    }

    /// Ends all work; each request is answered with the reason.
    func cancelAll(because error: APIError) {
        for id in inFlight.keys { cancel(id, .byFault(error)) }
    }

    func ended(_ id: MessageID, _ result: Result<JSONValue, APIError>) {
        guard let request = inFlight.removeValue(forKey: id) else { return }
        holds(\.requests, held.requests - request.heldBytes)
        uploadFlows(id)
        // Two ids that differ in escapes alone are written alike here: the other one's entry stays.
        let written = asWritten(id)
        if idsAsWritten[written] == id { idsAsWritten[written] = nil }
        server.loop.cancel(request.deadlineTimer)
        server.ended(peer.user)
        let answer = server.end(result.mapError(request.error(after:)), request)
        reply(answer, to: id, request.batch, request.call.requestID)
    }

    nonisolated func progressReport(_ id: MessageID) -> ProgressReport {
        { [weak self] done, total, unit in
            guard let self else { return }
            self.server.spawner.spawn { await self.report(id, done, total, unit) }
        }
    }

    func report(_ id: MessageID, _ done: Int64, _ total: Int64?, _ unit: String) {
        // Progress is worth nothing to a reader that does not keep up.
        guard inFlight[id] != nil, output.count <= Self.comfortableBytes else { return }
        let total: JSONValue = total.map { .number(JSONNumber($0)) } ?? .null
        let members: [(String, JSONValue)] = [
            ("done", .number(JSONNumber(done))), ("total", total), ("unit", .string(unit)),
        ]
        OutgoingMessage.appendNotification("progress", about: id, members, to: &output.bytes)
        endMessage()
    }
}
