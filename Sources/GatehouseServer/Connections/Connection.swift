// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Glibc

/// One caller's connection: reads messages, runs them through the pipeline, writes replies.
///
/// It lives on the loop: everything that does not wait happens in the turn in which the bytes came, and all replies of
/// a turn leave in one write at its end.
actor Connection: ReadinessHandler, TurnEndHandler {
    nonisolated let server: Server
    nonisolated let number: UInt64
    nonisolated let peer: PeerIdentity
    /// Whether it came in by the administrators' socket.
    nonisolated let isAdmin: Bool
    nonisolated let socket: Int32

    /// Owns the socket; nil once the connection is closed.
    var descriptor: Int32?
    var splitter: MessageSplitter
    var unfinished: [UInt8] = []
    var messageTimer: TimerID?
    /// When the message began that has not ended.
    private var messageBegan: Instant?
    /// Closes a connection whose last line is written.
    var endTimer: TimerID?
    /// Looks whether large replies are read.
    var readingTimer: TimerID?
    /// Whether a large reply is among what waits to be sent.
    var hasLargeReply = false
    var arrived = ArrivedDescriptors()
    var backlog = Backlog()
    var output = OutputBuffer()
    var held = HeldBytes()
    var interest: Readiness = .input
    var isFlushScheduled = false
    var inFlight: [MessageID: InFlight] = [:]
    /// The ids of batches that are not answered yet: of requests that have been carried out too.
    var idsInBatches: Set<MessageID> = []
    /// The uploads whose buffers are full: nothing is read while there is one.
    var fullUploads: Set<MessageID> = []
    /// The ids in flight by how this side writes them: a cancellation is found at once, however many there are and
    /// however long the ids.
    var idsAsWritten: [MessageID: MessageID] = [:]
    var phase = Phase.open
    /// The caller's systemd unit, once it was asked for and is known.
    var unit: String?
    var identification = Identification.notAsked
    /// The caller can send nothing more, since the daemon stops; what it has sent is still read.
    var isInputCut = false
    /// Who wants to know when the connection is closed.
    var closeHandlers: [@Sendable () -> Void] = []

    enum Phase {
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

    init(owning socket: Int32, number: UInt64, peer: PeerIdentity, isAdmin: Bool, server: Server) {
        self.server = server
        self.number = number
        self.peer = peer
        self.isAdmin = isAdmin
        self.socket = socket
        descriptor = socket
        splitter = MessageSplitter(maximumBytes: server.limits.messageBytes, depth: server.limits.nesting)
    }

    /// Begins to listen to the caller; closes where the loop cannot take one more.
    func open() {
        do {
            try server.loop.add(socket, interest, self)
            identify()
        } catch {
            close()
        }
    }

    nonisolated func handle(_ readiness: Readiness) {
        assumeIsolated { $0.ready(readiness) }
    }

    nonisolated func turnEnded() {
        assumeIsolated { connection in
            connection.flush()
            connection.handleBacklog()
        }
    }

    func ready(_ readiness: Readiness) {
        if readiness.contains(.hungUp) || readiness.contains(.failed) {
            close()
            return
        }
        if readiness.contains(.writable) { flush() }
        if readiness.contains(.readable) || readiness.contains(.readClosed) { read() }
    }

    /// Takes what has arrived, up to a fair share of the turn.
    func read() {
        // What was sent just now may have ended the connection, whose number is somebody else's by the next turn.
        guard descriptor != nil, interest.contains(.readable) else { return }
        let isBulk = splitter.isInsideMessage
        let takesFiles = server.readers.descriptorsHeld(by: peer.user) < server.limits.descriptorsPerUid
        let received = server.input.receive(
            from: socket,
            isBulk: isBulk,
            user: peer.user,
            readers: server.readers,
            takesFiles: takesFiles
        )
        switch received {
        case .bytes(_, _, truncated: true) where !takesFiles && isOpen: failForDescriptors()
        case .bytes(_, _, truncated: true) where isOpen && !hasDescriptorLeft: fail(.noDescriptorLeft)
        case .bytes(let count, let files, let truncated): take(count, files, truncated)
        case .end: inputEnded()
        case .nothing: break
        case .failed: close()
        }
    }

    func take(_ count: Int, _ files: [PassedFile], _ truncated: Bool) {
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
        for (index, (end, claim)) in zip(scan.ends, claims).enumerated() {
            // What stands between messages is no part of them; a NUL would not even be JSON.
            while unfinished.isEmpty, MessageSplitter.isSeparator(input[start]) { start += 1 }
            let piece = UnsafeBufferPointer(rebasing: input[start..<end])
            start = end
            guard index < Backlog.messagesPerTurn else {
                backlog.add(piece, claim)
                continue
            }
            if unfinished.isEmpty {
                handle(piece, claim)
            } else {
                unfinished.append(contentsOf: piece)
                let whole = unfinished
                unfinished = []
                holds(\.messages, 0)
                whole.withUnsafeBufferPointer { handle($0, claim) }
            }
            guard case .open = phase else { return }
        }
        if let begin = scan.unfinished {
            unfinished.append(contentsOf: input[begin...])
            // Another one than before: who sends many in a row ends hardly any read between two of them.
            if !scan.ends.isEmpty { messageBegan = server.loop.time.now }
        }
        let tooMuch = refusal(ofMore: unfinished.count + backlog.count - held.messages)
        if tooMuch == nil { holdsMessages() }
        let failure =
            scan.failure.map(Backlog.Failure.splitter) ?? (arrived.areOrphaned ? .orphanedDescriptors : nil)
            ?? tooMuch.map(Backlog.Failure.refused)
        if backlog.isEmpty {
            endedMessages(failure: failure)
        } else {
            backlog.failure = failure
            setInterest(interest.subtracting(.input))
            scheduleFlush()
        }
    }

    /// Whether the process could open one more.
    private var hasDescriptorLeft: Bool {
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return false }
        Glibc.close(copy)
        return true
    }

    private var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    func watchUnfinishedMessage() {
        // A caller cannot finish a message that nobody reads.
        switch (splitter.isInsideMessage && fullUploads.isEmpty, messageTimer) {
        case (true, nil):
            messageBegan = server.loop.time.now
            scheduleMessageTimer()
        case (false, let timer?):
            server.loop.cancel(timer)
            messageTimer = nil
        default: break
        }
    }

    private func scheduleMessageTimer() {
        let due = (messageBegan ?? server.loop.time.now) + server.limits.messageTimeout
        messageTimer = server.loop.schedule(at: due) { [weak self] in
            self?.assumeIsolated { $0.messageTimedOut() }
        }
    }

    func messageTimedOut() {
        messageTimer = nil
        guard case .open = phase else { return }
        // The timer may have been set for a message that ended since.
        if let messageBegan, messageBegan + server.limits.messageTimeout > server.loop.time.now {
            return scheduleMessageTimer()
        }
        fail(
            APIError(
                .limitExceeded,
                "the message was not finished within \(server.limits.messageTimeout)",
                hint: "Send a message as a whole once it is begun; limits.messageTimeoutMs says how long it may take."
            )
        )
    }

    func inputEnded() {
        switch phase {
        case .open where splitter.isInsideMessage && isInputCut: fail(APIError(.stopping))
        case .open where splitter.isInsideMessage:
            fail(APIError(.parseError, "the input ended inside a message"))
        case .open:
            phase = .inputEnded
            setInterest(interest.subtracting(.input))
            abandonUploads(because: APIError(.cancelled, "the input ended before the upload's last chunk"))
            finishIfIdle()
        case .draining: close()
        case .inputEnded, .failing, .closed: setInterest(interest.subtracting(.input))
        }
    }
}
