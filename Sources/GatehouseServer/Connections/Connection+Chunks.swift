// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// Uploads in chunks: they find their request, fill its buffer, and stop the input while a buffer is full.
///
/// A stream has one order, so what waits behind a chunk that finds no room waits with it: later requests of the same
/// caller, chunks of its other uploads too. Requests that were read before are answered meanwhile. A caller that wants
/// uploads not to wait for each other gives each a connection, or passes descriptors.
///
/// A chunk that is lost must never shorten a file unnoticed: whatever of this connection cannot be understood may have
/// been one, so it ends every upload whose last chunk has not come.
extension Connection {
    func chunkArrived(_ params: JSONValue?) {
        guard let params, let (id, upload) = upload(namedBy: params) else { return abandonUploads(misnamedBy: params) }
        do throws(APIError) {
            let chunk = try ScanFile.Chunk(checking: params)
            guard !upload.isComplete else { throw APIError(.invalidParams, "a chunk came after the last one") }
            if let permit = inFlight[id]?.waiting.permit, let limit = permit.maximumBytes,
                upload.received + Int64(chunk.data.count) > limit
            {
                throw permit.fileTooLarge
            }
            if let refusal = refusal(ofUpload: upload, id, chunk.data.count) { throw refusal }
            upload.append(chunk.data)
            if chunk.isLast { upload.complete() }
            if upload.isFull { fullUploads.insert(id) }
            holdOrResumeInput()
        } catch {
            cancel(id, .byFault(error))
        }
    }

    /// What a request has room set aside for, beside its message: a full buffer, where it is an upload in chunks.
    static func bytesSetAside(for method: String, _ params: JSONValue?) -> Int {
        guard params?["file"]?["chunks"] != nil, method.hasSameBytes(as: ScanFile.name) else { return 0 }
        return ChunkBuffer.capacity
    }

    /// Why an upload may not get so many bytes more; nil where it may, and they are noted.
    ///
    /// What was set aside, and what stays for another attempt, it always gets: once it goes on, it would be sent anew from
    /// its first byte. A piece that is large beyond that has to find room.
    private func refusal(ofUpload upload: ChunkBuffer, _ id: MessageID, _ bytes: Int) -> APIError? {
        guard let before = inFlight[id]?.heldBytes else { return nil }
        let usual = min(Int(clamping: upload.received) + bytes, ChunkBuffer.capacity + ChunkBuffer.kept)
        let piece = max(bytes - ChunkBuffer.capacity, 0)
        if piece > 0, let refusal = server.refusal(ofRequestThatHolds: piece, of: peer.user) { return refusal }
        let more = max(usual + piece - before, 0)
        holds(\.requests, held.requests + more)
        inFlight[id]?.heldBytes += more
        return nil
    }

    /// A chunk that was sent as a request gets its reply, and its upload would lack it.
    func chunkRequested(_ params: JSONValue?) {
        guard let params, let (id, _) = upload(namedBy: params) else { return abandonUploads(misnamedBy: params) }
        cancel(id, .byFault(APIError(.invalidParams, "chunk is a notification: it is sent without an id of its own")))
    }

    private func upload(namedBy params: JSONValue) -> (MessageID, ChunkBuffer)? {
        guard let id = requestInFlight(namedBy: params), let request = inFlight[id], request.cancellation == nil,
            let upload = request.waiting.chunks
        else { return nil }
        return (id, upload)
    }

    /// Ends the uploads that can no longer become whole.
    func abandonUploads(because error: APIError) {
        for (id, request) in inFlight where request.waiting.chunks?.isComplete == false {
            cancel(id, .byFault(error))
        }
    }

    /// Ends the uploads that a chunk may have been for which names none: all of them where it has no name, and those whose
    /// ids it writes otherwise (`"1"` or `1.0` for `1`).
    ///
    /// Any other name is that of an upload which is over, whose last pieces may still be on their way.
    private func abandonUploads(misnamedBy params: JSONValue?) {
        guard params.flatMap({ requestInFlight(namedBy: $0) }) == nil else { return }
        guard let name = params.flatMap(ChunkName.init) else {
            let sentence = "a chunk that names no request may have been one of this upload's"
            return abandonUploads(because: APIError(.invalidParams, sentence))
        }
        for (id, request) in inFlight where request.waiting.chunks?.isComplete == false && name.readsLike(id) {
            let sentence = "a chunk names this upload \(name.token), and its request has the id \(id.token)"
            cancel(id, .byFault(APIError(.invalidParams, sentence)))
        }
    }

    /// Lets a waiting upload hear of its buffer's room, from whatever thread makes it.
    func watchRoom(of upload: ChunkBuffer, _ id: MessageID) {
        upload.whenRoom { [weak self] in
            guard let self else { return }
            self.server.spawner.spawn { await self.roomMade(id) }
        }
    }

    func roomMade(_ id: MessageID) {
        // The id may already stand for another upload.
        guard inFlight[id]?.waiting.chunks?.isFull != true else { return }
        uploadFlows(id)
    }

    /// An upload has room again or is over.
    func uploadFlows(_ id: MessageID) {
        guard fullUploads.remove(id) != nil else { return }
        holdOrResumeInput()
    }

    /// Reads on, unless an upload's buffer is full or messages that came before have not begun yet.
    func holdOrResumeInput() {
        guard case .open = phase else { return }
        let input: Readiness = .input
        let isHeld = !fullUploads.isEmpty || !backlog.isEmpty || identification == .asking
        setInterest(isHeld ? interest.subtracting(input) : interest.union(input))
        watchUnfinishedMessage()
    }
}
