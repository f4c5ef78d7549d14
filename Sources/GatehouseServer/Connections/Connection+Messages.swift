// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// From the bytes of a message to the begin of its requests.
extension Connection {
    func handle(_ bytes: UnsafeBufferPointer<UInt8>, _ claim: ArrivedDescriptors.Claim) {
        let message: IncomingMessage
        do {
            message = try IncomingMessage(
                reading: bytes,
                depth: server.limits.nesting,
                batchElements: server.limits.batchElements,
                values: server.limits.valuesPerMessage,
                idBytes: server.limits.idBytes
            )
        } catch {
            if error.code == .duplicateMember {
                refuse(error.description, to: .null, nil)
            } else if error.code == .tooManyValues {
                let limit = server.limits.valuesPerMessage
                fail(APIError(.limitExceeded, "a message has no more than \(limit) values"))
            } else {
                fail(APIError(.parseError, error.description))
            }
            return
        }
        let calls: [IncomingMessage.Call] =
            switch message {
            case .single(let call): [call]
            case .batch(let calls): calls
            case .emptyBatch, .oversizedBatch: []
            }
        if case .oversizedBatch = message {
            fail(APIError(.limitExceeded, "a batch has no more than \(server.limits.batchElements) elements"))
            return
        }
        if let files = claim, files.count > server.limits.descriptorsPerMessage {
            let limit = server.limits.descriptorsPerMessage
            fail(APIError(.limitExceeded, "a message carries no more than \(limit) descriptors"))
            return
        }
        guard let files = claim, DescriptorReferences.match(calls, count: files.count) else {
            fail(APIError(.descriptorMismatch))
            return
        }
        switch message {
        case .single(let call): begin(call, files, nil, size: bytes.count)
        case .batch(let calls): begin(batch: calls, files, size: bytes.count)
        case .emptyBatch, .oversizedBatch: refuse("a batch has at least one element", to: .null, nil)
        }
    }

    /// Answers what is no request; it may have been meant as a chunk.
    func refuse(_ reason: String, to id: MessageID, _ batch: BatchReplies?) {
        abandonUploads(because: APIError(.invalidParams, "a message that is no request may have been a chunk"))
        reply(.error(errorJSON(APIError(.invalidRequest, reason))), to: id, batch, nil)
    }

    private func begin(batch calls: [IncomingMessage.Call], _ files: [PassedFile], size: Int) {
        let answered = calls.filter { if case .notification = $0 { false } else { true } }
        let batch = BatchReplies(expecting: answered.count)
        if !answered.isEmpty {
            batch.refusal = refusal(ofRequest: size)
            // All of it until all of it is answered: what each call keeps of it is not known.
            batch.heldBytes = batch.refusal == nil ? size : 0
            holds(\.requests, held.requests + batch.heldBytes)
        }
        for call in calls { begin(call, files, batch, size: 0) }
    }

    /// `size` is how much of its message's bytes the call holds by itself.
    private func begin(_ call: IncomingMessage.Call, _ files: [PassedFile], _ batch: BatchReplies?, size: Int) {
        switch call {
        case .request(let id, let method, let params):
            if method.hasSameBytes(as: "chunk") { chunkRequested(params) }
            begin(id, method, params, files, batch, size)
        case .notification(let method, let params): notified(method, params)
        case .invalid(let id, let reason): refuse(reason, to: id, batch)
        }
    }

    /// Two notifications mean something; others have no effect, and none has an answer.
    func notified(_ method: String, _ params: JSONValue?) {
        if method.hasSameBytes(as: "chunk") {
            chunkArrived(params)
        } else if method.hasSameBytes(as: "$/cancelRequest"), let params, let id = requestInFlight(namedBy: params) {
            cancel(id, .byCaller)
        }
    }

    /// The request that the `id` of a notification's params names.
    func requestInFlight(namedBy params: JSONValue) -> MessageID? {
        guard let value = params["id"] else { return nil }
        // The token as it was sent is not kept in params; a string may have been written with other escapes.
        return idsAsWritten[MessageID(token: value.text)]
    }

    private func begin(
        _ id: MessageID,
        _ method: String,
        _ params: JSONValue?,
        _ files: [PassedFile],
        _ batch: BatchReplies?,
        _ size: Int
    ) {
        let call = IncomingCall(
            method: method,
            params: params,
            files: files,
            peer: peer,
            isAdmin: isAdmin,
            unit: unit,
            requestID: server.nextRequestID(),
            receivedAt: server.loop.time.now,
            progress: progressReport(id),
            channel: self
        )
        let size = size + Self.bytesSetAside(for: method, params)
        if let refusal = refusal(of: id) ?? batch?.refusal ?? refusal(ofRequest: size) {
            reply(server.refuse(call, because: refusal), to: id, batch, call.requestID)
            return
        }
        if let batch {
            batch.ids.insert(id)
            idsInBatches.insert(id)
        }
        switch server.begin(call) {
        case .finished(let answer): reply(answer, to: id, batch, call.requestID)
        case .waiting(let waiting): start(waiting, call, id, batch, size)
        }
    }

    func refusal(of id: MessageID) -> APIError? {
        if inFlight[id] != nil || idsInBatches.contains(id) { return APIError(.duplicateId) }
        guard inFlight.count < server.limits.requestsPerConnection else {
            return .tooManyInFlight("this connection already has \(inFlight.count) requests in flight")
        }
        return server.refusal(ofUser: peer.user)
    }
}
