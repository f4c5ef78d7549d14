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
                values: server.limits.valuesPerMessage
            )
        } catch {
            if error.code == .duplicateMember {
                reply(.error(errorJSON(APIError(.invalidRequest, error.description))), to: .null, nil)
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
            case .emptyBatch: []
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
        guard calls.count <= server.limits.batchRequests else {
            fail(APIError(.limitExceeded, "a batch has no more than \(server.limits.batchRequests) requests"))
            return
        }
        switch message {
        case .single(let call): begin(call, files, nil)
        case .batch(let calls): begin(batch: calls, files)
        case .emptyBatch:
            reply(.error(errorJSON(APIError(.invalidRequest, "a batch has at least one element"))), to: .null, nil)
        }
    }

    func begin(batch calls: [IncomingMessage.Call], _ files: [PassedFile]) {
        let answered = calls.filter { if case .notification = $0 { false } else { true } }
        let batch = BatchReplies(expecting: answered.count)
        for call in calls { begin(call, files, batch) }
    }

    func begin(_ call: IncomingMessage.Call, _ files: [PassedFile], _ batch: BatchReplies?) {
        switch call {
        case .request(let id, let method, let params): begin(id, method, params, files, batch)
        case .notification(let method, let params): notified(method, params)
        case .invalid(let id, let reason):
            reply(.error(errorJSON(APIError(.invalidRequest, reason))), to: id, batch)
        }
    }

    /// `$/cancelRequest` is the one notification that a caller can send; others have no effect and no answer.
    func notified(_ method: String, _ params: JSONValue?) {
        guard method.hasSameBytes(as: "$/cancelRequest"), let value = params?["id"] else { return }
        // The token as it was sent is not kept in params; a string may have been written with other escapes.
        let id = inFlight.keys.first { (try? JSONValue(parsing: $0.token)) == value }
        if let id { cancel(id, .byCaller) }
    }

    func begin(
        _ id: MessageID,
        _ method: String,
        _ params: JSONValue?,
        _ files: [PassedFile],
        _ batch: BatchReplies?
    ) {
        let call = IncomingCall(
            method: method,
            params: params,
            files: files,
            peer: peer,
            requestID: server.nextRequestID(),
            receivedAt: server.loop.time.now,
            progress: progressReport(id)
        )
        if let refusal = refusal(of: id) {
            reply(.error(refusal.json(requestID: call.requestID)), to: id, batch)
            return
        }
        switch server.begin(call) {
        case .finished(let answer): reply(answer, to: id, batch)
        case .waiting(let waiting): start(waiting, call, id, batch)
        }
    }

    func refusal(of id: MessageID) -> APIError? {
        if inFlight[id] != nil { return APIError(.duplicateId) }
        guard inFlight.count < server.limits.requestsPerConnection else {
            return APIError(.limitExceeded, "this connection already has \(inFlight.count) requests in flight")
        }
        return server.refusal(ofUser: peer.user)
    }
}
