// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// One caller's connection: reads messages, runs them through the pipeline, writes replies.
///
/// It lives on the loop: everything that does not wait happens in the turn in which the bytes came, and all replies of
/// a turn leave in one write at its end.
actor Connection: ReadinessHandler, TurnEndHandler {
    nonisolated let server: Server
    nonisolated let number: UInt64
    nonisolated let peer: PeerIdentity
    nonisolated let socket: Int32

    /// Owns the socket; nil once the connection is closed.
    private var descriptor: Int32?
    private var splitter: MessageSplitter
    private var unfinished: [UInt8] = []
    private var messageTimer: TimerID?
    private var arrived = ArrivedDescriptors()
    var output = OutputBuffer()
    private var interest: Readiness = [.readable, .readClosed]
    private var isFlushScheduled = false
    var inFlight: [MessageID: InFlight] = [:]
    private var phase = Phase.open

    private enum Phase {
        case open
        /// The caller sends nothing more; what it asked for is still answered.
        case inputEnded
        /// Nothing more is read; after the pending answers comes this line, then the end.
        case failing(line: [UInt8])
        /// All is sent; what the caller still sends is thrown away for a while, so that it can read the reason.
        case draining(left: Int)
        case closed
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { server.loop.asUnownedSerialExecutor() }

    init(owning socket: Int32, number: UInt64, peer: PeerIdentity, server: Server) {
        self.server = server
        self.number = number
        self.peer = peer
        self.socket = socket
        descriptor = socket
        splitter = MessageSplitter(maximumBytes: server.limits.messageBytes, depth: server.limits.nesting)
    }

    /// Begins to listen to the caller; false where the loop cannot take one more.
    func open() -> Bool {
        do {
            try server.loop.add(socket, interest, self)
            return true
        } catch {
            return false
        }
    }

    // MARK: Events

    nonisolated func handle(_ readiness: Readiness) {
        assumeIsolated { $0.ready(readiness) }
    }

    nonisolated func turnEnded() {
        assumeIsolated { $0.flush() }
    }

    private func ready(_ readiness: Readiness) {
        if readiness.contains(.hungUp) || readiness.contains(.failed) {
            close()
            return
        }
        if readiness.contains(.writable) { flush() }
        if readiness.contains(.readable) || readiness.contains(.readClosed) { read() }
    }

    /// Takes what has arrived, up to a fair share of the turn.
    private func read() {
        guard interest.contains(.readable) else { return }
        let isBulk = splitter.isInsideMessage
        switch server.input.receive(from: socket, isBulk: isBulk, user: peer.user, readers: server.readers) {
        case .bytes(let count, let files, let truncated): take(count, files, truncated)
        case .end: inputEnded()
        case .nothing: break
        case .failed: close()
        }
    }

    private func take(_ count: Int, _ files: [PassedFile], _ truncated: Bool) {
        if case .draining(let left) = phase {
            phase = .draining(left: left - count)
            if left <= count { close() }
            return
        }
        guard case .open = phase else { return }
        let input = server.input.prefix(count)
        let scan = splitter.scan(input)
        let claims = arrived.assign(files, truncated: truncated, scan: scan)
        var start = 0
        for (end, claim) in zip(scan.ends, claims) {
            // What stands between messages is no part of them; a NUL would not even be JSON.
            while unfinished.isEmpty, input[start] == 0 { start += 1 }
            let piece = UnsafeBufferPointer(rebasing: input[start..<end])
            start = end
            if unfinished.isEmpty {
                handle(piece, claim)
            } else {
                unfinished.append(contentsOf: piece)
                let whole = unfinished
                unfinished = []
                whole.withUnsafeBufferPointer { handle($0, claim) }
            }
            guard case .open = phase else { return }
        }
        if let failure = scan.failure {
            fail(failure)
            return
        }
        if arrived.areOrphaned {
            fail(APIError(.descriptorMismatch))
            return
        }
        if let begin = scan.unfinished { unfinished.append(contentsOf: input[begin...]) }
        watchUnfinishedMessage()
    }

    private func watchUnfinishedMessage() {
        switch (splitter.isInsideMessage, messageTimer) {
        case (true, nil):
            let due = server.loop.time.now + server.limits.messageTimeout
            messageTimer = server.loop.schedule(at: due) { [weak self] in
                self?.assumeIsolated { $0.messageTimedOut() }
            }
        case (false, let timer?):
            server.loop.cancel(timer)
            messageTimer = nil
        default: break
        }
    }

    private func messageTimedOut() {
        messageTimer = nil
        guard case .open = phase else { return }
        fail(APIError(.limitExceeded, "the message was not finished within \(server.limits.messageTimeout)"))
    }

    private func inputEnded() {
        switch phase {
        case .open where splitter.isInsideMessage:
            fail(APIError(.parseError, "the input ended inside a message"))
        case .open:
            phase = .inputEnded
            setInterest(interest.subtracting([.readable, .readClosed]))
            finishIfIdle()
        case .draining: close()
        case .inputEnded, .failing, .closed: setInterest(interest.subtracting([.readable, .readClosed]))
        }
    }

    // MARK: Messages

    private func handle(_ bytes: UnsafeBufferPointer<UInt8>, _ claim: ArrivedDescriptors.Claim) {
        let message: IncomingMessage
        do {
            message = try IncomingMessage(reading: bytes, depth: server.limits.nesting)
        } catch {
            if error.code == .duplicateMember {
                reply(.error(errorJSON(APIError(.invalidRequest, error.description))), to: .null, nil)
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
        guard let files = claim, files.count <= server.limits.descriptorsPerMessage,
            DescriptorReferences.match(calls, count: files.count)
        else {
            fail(APIError(.descriptorMismatch))
            return
        }
        switch message {
        case .single(let call): begin(call, files, nil)
        case .batch(let calls): begin(batch: calls, files)
        case .emptyBatch:
            reply(.error(errorJSON(APIError(.invalidRequest, "a batch has at least one element"))), to: .null, nil)
        }
    }

    private func begin(batch calls: [IncomingMessage.Call], _ files: [PassedFile]) {
        let answered = calls.filter { if case .notification = $0 { false } else { true } }
        let batch = BatchReplies(expecting: answered.count)
        for call in calls { begin(call, files, batch) }
    }

    private func begin(_ call: IncomingMessage.Call, _ files: [PassedFile], _ batch: BatchReplies?) {
        switch call {
        case .request(let id, let method, let params): begin(id, method, params, files, batch)
        case .notification(let method, let params): notified(method, params)
        case .invalid(let id, let reason):
            reply(.error(errorJSON(APIError(.invalidRequest, reason))), to: id, batch)
        }
    }

    /// `$/cancelRequest` is the one notification that a caller can send; others have no effect and no answer.
    private func notified(_ method: String, _ params: JSONValue?) {
        guard method.hasSameBytes(as: "$/cancelRequest"), let value = params?["id"] else { return }
        // The token as it was sent is not kept in params; a string may have been written with other escapes.
        let id = inFlight.keys.first { (try? JSONValue(parsing: $0.token)) == value }
        if let id { cancel(id, .byCaller) }
    }

    private func begin(
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

    private func refusal(of id: MessageID) -> APIError? {
        if inFlight[id] != nil { return APIError(.duplicateId) }
        guard inFlight.count < server.limits.requestsPerConnection else {
            return APIError(.limitExceeded, "this connection already has \(inFlight.count) requests in flight")
        }
        return server.refusal(ofUser: peer.user)
    }

    // MARK: Work that waits

    private func start(_ waiting: Pipeline.Waiting, _ call: IncomingCall, _ id: MessageID, _ batch: BatchReplies?) {
        let task = server.spawner.spawn { [weak self] in
            let result: Result<JSONValue, APIError>
            do throws(APIError) { result = .success(try await waiting.work()) } catch { result = .failure(error) }
            await self?.ended(id, result)
        }
        let timer = server.loop.schedule(at: waiting.deadline) { [weak self] in
            self?.assumeIsolated { $0.cancel(id, .byDeadline) }
        }
        inFlight[id] = InFlight(call: call, waiting: waiting, batch: batch, task: task, deadlineTimer: timer)
        server.began(peer.user)
    }

    private func cancel(_ id: MessageID, _ cancellation: InFlight.Cancellation) {
        guard inFlight[id]?.cancellation == nil else { return }
        inFlight[id]?.cancellation = cancellation
        inFlight[id]?.task.cancel()
    }

    private func ended(_ id: MessageID, _ result: Result<JSONValue, APIError>) {
        guard let request = inFlight.removeValue(forKey: id) else { return }
        server.loop.cancel(request.deadlineTimer)
        server.ended(peer.user)
        let answer = server.end(result.mapError(request.error(after:)), request)
        reply(answer, to: id, request.batch)
    }

    nonisolated private func progressReport(_ id: MessageID) -> ProgressReport {
        { [weak self] done, total, unit in
            guard let self else { return }
            self.server.spawner.spawn { await self.report(id, done, total, unit) }
        }
    }

    private func report(_ id: MessageID, _ done: Int64, _ total: Int64?, _ unit: String) {
        // Progress is worth nothing to a reader that does not keep up.
        guard inFlight[id] != nil, output.count < 1 << 16 else { return }
        let total: JSONValue = total.map { .number(JSONNumber($0)) } ?? .null
        let members: [(String, JSONValue)] = [
            ("done", .number(JSONNumber(done))), ("total", total), ("unit", .string(unit)),
        ]
        OutgoingMessage.appendNotification("progress", about: id, members, to: &output.bytes)
        endMessage()
    }

    // MARK: Replies

    private func errorJSON(_ error: APIError) -> JSONValue {
        error.json(requestID: server.nextRequestID())
    }

    private func reply(_ reply: Pipeline.Reply, to id: MessageID, _ batch: BatchReplies?) {
        server.answered(isError: reply.isError)
        guard let batch else {
            reply.write(id, to: &output.bytes)
            endMessage()
            return
        }
        guard batch.add({ reply.write(id, to: &$0) }) else { return }
        output.bytes.append(contentsOf: batch.bytes)
        endMessage()
    }

    private func endMessage() {
        output.bytes.append(splitter.separatesByNUL ? 0 : UInt8(ascii: "\n"))
        guard output.count <= server.limits.outputBytes else {
            close()
            return
        }
        scheduleFlush()
    }

    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        server.loop.callAtTurnEnd(self)
    }

    private func flush() {
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

    private func setInterest(_ wanted: Readiness) {
        guard wanted != interest, descriptor != nil else { return }
        interest = wanted
        do { try server.loop.change(socket, wanted) } catch { close() }
    }

    // MARK: End

    private func fail(_ failure: MessageSplitter.Failure) {
        switch failure {
        case .malformed: fail(APIError(.parseError))
        case .notAMessage: fail(APIError(.invalidRequest, "a message is a JSON object or array"))
        case .tooLarge:
            fail(APIError(.limitExceeded, "a message has no more than \(server.limits.messageBytes) bytes"))
        case .tooDeep:
            fail(APIError(.limitExceeded, "a message is nested no deeper than \(server.limits.nesting) levels"))
        case .anotherProtocol:
            end(
                with: Array("gatehouse: this socket speaks JSON-RPC 2.0, one JSON object a line; see gatehouse(1)".utf8)
            )
        }
    }

    private func fail(_ error: APIError) {
        var line: [UInt8] = []
        OutgoingMessage.appendError(errorJSON(error), id: .null, to: &line)
        server.answered(isError: true)
        end(with: line)
    }

    private func end(with line: [UInt8]) {
        guard case .open = phase else { return }
        phase = .failing(line: line)
        unfinished = []
        arrived = ArrivedDescriptors()
        setInterest(interest.subtracting([.readable, .readClosed]))
        finishIfIdle()
    }

    /// Ends a connection that gets no further requests, once all that it asked for is answered and sent.
    private func finishIfIdle() {
        guard inFlight.isEmpty else { return }
        switch phase {
        case .failing(let line):
            phase = .draining(left: server.limits.messageBytes)
            output.bytes.append(contentsOf: line)
            endMessage()
        case .draining where output.count == 0: drain()
        case .inputEnded where output.count == 0: close()
        default: break
        }
    }

    /// Closing with unread input would make the caller's next write fail before it has read why.
    private func drain() {
        server.endOutput(of: socket)
        setInterest([.readable, .readClosed])
        server.loop.schedule(at: server.loop.time.now + .seconds(1)) { [weak self] in
            self?.assumeIsolated { $0.close() }
        }
    }

    /// Takes no further request; closes when what was accepted is answered.
    func finish() {
        guard case .open = phase else { return }
        phase = .inputEnded
        setInterest(interest.subtracting([.readable, .readClosed]))
        finishIfIdle()
    }

    /// Ends the connection at once; whatever it still waits for is cancelled.
    func close() {
        guard let socket = descriptor else { return }
        descriptor = nil
        phase = .closed
        let abandoned = inFlight.values
        inFlight = [:]
        for request in abandoned {
            request.task.cancel()
            server.loop.cancel(request.deadlineTimer)
            server.ended(peer.user)
            // Nobody reads the reply; the audit still learns how the call ended.
            _ = server.end(.failure(APIError(.cancelled, "the caller has left", outcome: .unknown)), request)
        }
        unfinished = []
        arrived = ArrivedDescriptors()
        if let messageTimer { server.loop.cancel(messageTimer) }
        server.loop.remove(socket)
        server.closed(self, socket)
    }
}
