// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// The ways in which a connection ends, each with a readable reason where there is one.
extension Connection {
    func fail(_ failure: MessageSplitter.Failure) {
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

    /// Whether the last line is written.
    var isDraining: Bool {
        if case .draining = phase { true } else { false }
    }

    func failForDescriptors() {
        let limit = server.limits.descriptorsPerUid
        fail(APIError(.limitExceeded, "user \(peer.user) already has \(limit) descriptors that are not closed yet"))
    }

    /// Says that the caller does not read, to be found after what it has not read; all that it waits for is cancelled.
    func outputOverflowed(_ reason: String) {
        guard descriptor != nil else { return }
        guard !isDraining else { return close() }
        // From here on nothing more is added, but for this line.
        phase = .draining(left: server.limits.messageBytes)
        abandonWork()
        leaves()
        OutgoingMessage.appendError(errorJSON(APIError(.limitExceeded, reason)), id: .null, to: &output.bytes)
        output.bytes.append(splitter.separatesByNUL ? 0 : UInt8(ascii: "\n"))
        server.answered(isError: true)
        setInterest([.writable])
        scheduleFlush()
        closeIn(.seconds(1))
    }

    /// Ends the connection after a while, whatever its caller does.
    private func closeIn(_ time: Duration) {
        guard descriptor != nil else { return }
        if let endTimer { server.loop.cancel(endTimer) }
        endTimer = server.loop.schedule(at: server.loop.time.now + time) { [weak self] in
            self?.assumeIsolated { $0.close() }
        }
    }

    /// Cancels whatever the caller still waits for, without an answer to it.
    private func abandonWork() {
        let abandoned = inFlight.values
        inFlight = [:]
        holds(\.requests, 0)
        holds(\.batches, 0)
        idsAsWritten = [:]
        fullUploads = []
        for request in abandoned {
            request.task.cancel()
            server.loop.cancel(request.deadlineTimer)
            server.ended(peer.user)
            // Nobody reads the reply; the audit still learns how the call ended.
            _ = server.end(.failure(APIError(.cancelled, "the caller has left", outcome: .unknown)), request)
        }
        unfinished = []
        backlog = Backlog()
        holdsMessages()
        arrived = ArrivedDescriptors()
        if let messageTimer { server.loop.cancel(messageTimer) }
        messageTimer = nil
    }

    func fail(_ error: APIError) {
        var line: [UInt8] = []
        OutgoingMessage.appendError(errorJSON(error), id: .null, to: &line)
        server.answered(isError: true)
        end(with: line)
    }

    func end(with line: [UInt8]) {
        guard case .open = phase else { return }
        phase = .failing(line: line)
        unfinished = []
        backlog = Backlog()
        holdsMessages()
        arrived = ArrivedDescriptors()
        setInterest(interest.subtracting(.input))
        abandonUploads(because: APIError(.cancelled, "the connection failed before the upload's last chunk"))
        finishIfIdle()
    }

    /// Ends a connection that gets no further requests, once all that it asked for is answered and sent.
    func finishIfIdle() {
        guard inFlight.isEmpty, backlog.isEmpty else { return }
        switch phase {
        case .failing(let line):
            phase = .draining(left: server.limits.messageBytes)
            output.bytes.append(contentsOf: line)
            endMessage()
            // Who does not read keeps the connection no longer than who does not write.
            closeIn(server.limits.messageTimeout)
        case .draining where output.count == 0: drain()
        case .inputEnded where output.count == 0: close()
        case .open where server.isDraining: cutInput()
        default: break
        }
    }

    /// Closing with unread input would make the caller's next write fail before it has read why.
    func drain() {
        server.endOutput(of: socket)
        setInterest(.input)
        closeIn(.seconds(1))
    }

    /// The daemon stops: what is in flight is answered, whatever else comes is answered `stopping`, then this closes.
    func finish() {
        guard case .open = phase else { return }
        abandonUploads(because: APIError(.stopping))
        finishIfIdle()
    }

    /// Ends the input at one moment for both sides (unix(7), shutdown(2)).
    ///
    /// What the caller's writes have brought up to here is still read and answered; its next write fails. A plain close
    /// would drop what waits in the kernel, and the caller could not tell whether it was read.
    private func cutInput() {
        guard !isInputCut else { return }
        isInputCut = true
        server.endInput(of: socket)
        setInterest(interest.union(.input))
    }

    /// Ends the connection at once; whatever it still waits for is cancelled.
    func close() {
        guard let socket = descriptor else { return }
        descriptor = nil
        phase = .closed
        abandonWork()
        holdsNothing()
        // Or whoever fails one connection after the other fills the loop with timers that nobody counts.
        for timer in [endTimer, readingTimer].compactMap(\.self) { server.loop.cancel(timer) }
        server.loop.remove(socket)
        server.closed(self, socket)
        let handlers = closeHandlers
        closeHandlers = []
        for handler in handlers { handler() }
    }
}
