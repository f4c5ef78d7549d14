// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A connection to clamd with a session on it, from the first scan that needs one until nobody has needed it for a moment.
///
/// It lives on the loop and never waits there. What ``ClamdSession`` calls wrong ends it, and with it all that is out.
actor ClamdSessionConnection: ReadinessHandler {
    private nonisolated let loop: EventLoop
    private let address: StreamAddress
    /// Who is told what clamd makes of sessions.
    private weak var sessions: ClamdSessions?

    private var socket: EngineSocket
    private var phase = Phase.connecting
    private var session = ClamdSession()
    /// What was begun to be sent and has to go out before anything else.
    private var tail = ClamdSession.opening[...]
    /// Scans that have not been sent, in the order in which they came.
    private var line: [ClamdScan] = []
    /// Scans that are out, by their number.
    private var out: [UInt32: ClamdScan] = [:]
    private var timer: TimerID?
    /// Whether anything was sent since the last look.
    private var isActive = true

    private enum Phase {
        case connecting
        case open
        /// Nothing more is sent; what is out may still be answered.
        case closing
        case finished
    }

    /// How often it looks at what is due.
    ///
    /// A connection that nobody has used between two looks is closed: sooner than clamd would do it, which counts in
    /// seconds (`CommandReadTimeout` in clamd.conf(5)).
    private static let period = Duration.milliseconds(500)
    private static let command = ClamdCommand.fileDescriptor.bytes

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(to address: StreamAddress, of sessions: ClamdSessions, loop: EventLoop) {
        self.address = address
        self.sessions = sessions
        self.loop = loop
        socket = EngineSocket(loop: loop)
    }

    /// Whether another scan may be given to it.
    var takesMore: Bool {
        switch phase {
        case .connecting: true
        case .open: session.takesMore
        case .closing, .finished: false
        }
    }

    /// How many scans it has.
    var count: Int { line.count + out.count }

    /// Begins to connect; the loop holds it from here on.
    func open() {
        schedule()
        connect()
    }

    /// Sends a scan as soon as there is room.
    func begin(_ scan: ClamdScan) {
        guard phase == .open || phase == .connecting else {
            scan.finish(.notSent)
            return
        }
        scan.connection = self
        line.append(scan)
        if phase == .open { send() }
    }

    /// Nobody waits for a scan any more.
    func cancel(_ scan: ClamdScan) {
        giveUp(scan, .cancelled(sent: scan.number != nil))
    }

    private func giveUp(_ scan: ClamdScan, _ error: EngineConnectionError) {
        if let number = scan.number {
            guard out.removeValue(forKey: number) != nil else { return }
            session.abandon(number)
        } else {
            line.removeAll { $0 === scan }
        }
        scan.finish(.failed(error))
        // What is answered too late keeps no connection open.
        if count == 0, !session.takesMore { finish(.reply(.nothing)) }
    }

    // MARK: Connecting

    private func connect() {
        do throws(SystemError) {
            switch try socket.connect(to: address) {
            case .connected: try connected()
            case .underWay: try socket.watch(.writable, self)
            case .full: retry()
            }
        } catch {
            fail(error)
        }
    }

    private func retry() {
        socket.retry { [weak self] in
            self?.assumeIsolated { connection in
                guard connection.phase == .connecting else { return }
                connection.connect()
            }
        }
    }

    private func connected() throws(SystemError) {
        phase = .open
        try socket.watch(.input, self)
        send()
    }

    /// There is no connection: that is everybody's answer.
    private func fail(_ error: SystemError) {
        let scans = line
        end()
        for scan in scans { scan.finish(.failed(.unreachable(error))) }
    }

    // MARK: Sending and receiving

    nonisolated func handle(_ readiness: Readiness) {
        assumeIsolated { $0.ready(readiness) }
    }

    private func ready(_ readiness: Readiness) {
        guard let number = socket.number else { return }
        if phase == .connecting {
            do throws(SystemError) {
                if let failure = StreamSocket.failure(number) { throw failure }
                try connected()
            } catch {
                fail(error)
            }
            return
        }
        if readiness != .writable { receive(number) }
        if phase == .open, readiness.contains(.writable) { send() }
    }

    private func send() {
        guard let number = socket.number else { return }
        var isBlocked = false
        while phase == .open, !isBlocked, !(tail.isEmpty && line.isEmpty) {
            isBlocked = !(tail.isEmpty ? sendNext(number) : sendTail(number))
        }
        if phase == .open { want(isBlocked ? .inputAndRoom : .input) }
    }

    /// Returns false where there is no room.
    private func sendTail(_ number: Int32) -> Bool {
        switch sent(number, tail, nil) {
        case .success(let count):
            tail = tail.dropFirst(count)
            return true
        case .failure(let error):
            // Nobody reads any more: what clamd has said before can still be read.
            if error.code != SystemError.wouldBlock { stopSending() }
            return false
        }
    }

    /// Sends the first scan in the line, its descriptor with it; returns false where there is no room.
    private func sendNext(_ number: Int32) -> Bool {
        guard let scan = line.first else { return false }
        switch sent(number, Self.command[...], scan.file) {
        case .success(let count):
            // The kernel has the descriptor from the first byte on, and clamd counts the command.
            line.removeFirst()
            let position = session.scanSent()
            scan.number = position
            out[position] = scan
            tail = Self.command.dropFirst(count)
            isActive = true
            return true
        case .failure(let error) where error.code == SystemError.wouldBlock:
            return false
        case .failure(let error) where error.isOfTheConnection:
            stopSending()
            return false
        case .failure:
            // It is about this descriptor (too many are on their way, for example), and says nothing of the engine: the
            // file goes another way.
            line.removeFirst()
            scan.finish(.notSent)
            return true
        }
    }

    private func sent(_ number: Int32, _ bytes: ArraySlice<UInt8>, _ file: PassedFile?) -> Result<Int, SystemError> {
        bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in try StreamSocket.send(number, bytes, passing: file) }
        }
    }

    /// What has not been sent goes another way.
    private func stopSending() {
        phase = .closing
        // There is no room to wait for any more, and a socket without a reader always has some.
        want(.input)
        let scans = line
        line = []
        for scan in scans { scan.finish(.notSent) }
    }

    private func receive(_ number: Int32) {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            while phase != .finished {
                let result = Result { () throws(SystemError) in try StreamSocket.receive(number, into: buffer) }
                switch result {
                case .success(0):
                    hungUp()
                case .success(let count):
                    take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    // Less than there was room for is all that there was.
                    if count < buffer.count { return }
                case .failure(let error):
                    if error.code != SystemError.wouldBlock { hungUp() }
                    return
                }
            }
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        do {
            let wasAnswered = session.isAnswered
            let answers = try session.receive(bytes)
            if !wasAnswered, session.isAnswered { sessions?.assumeIsolated { $0.answered() } }
            for answer in answers {
                out.removeValue(forKey: answer.number)?.finish(.reply(answer.reply))
            }
            if count == 0, !session.takesMore { finish(.reply(.nothing)) }
        } catch {
            let isTaken = !session.isUnknownCommand || !isRefusal(.unknownCommand)
            finish(isTaken ? .reply(.unintelligible(error.text)) : .notTaken)
        }
    }

    /// clamd sends no more.
    private func hungUp() {
        let reply = session.ended()
        let isTaken = reply != .nothing || session.isAnswered || !isRefusal(.closed)
        finish(isTaken ? .reply(reply) : .notTaken)
    }

    private func isRefusal(_ refusal: ClamdSessionRecord.Refusal) -> Bool {
        sessions?.assumeIsolated { $0.refused(refusal) } ?? false
    }

    private func want(_ readiness: Readiness) {
        do throws(SystemError) {
            try socket.watch(readiness, self)
        } catch {
            finish(.reply(.nothing))
        }
    }

    // MARK: Time

    private func schedule() {
        timer = loop.schedule(at: loop.time.now + Self.period) { [self] in
            assumeIsolated { $0.look() }
        }
    }

    private func look() {
        guard phase != .finished else { return }
        let now = loop.time.now
        let isConnected = phase != .connecting
        for scan in line + out.values where scan.until <= now { giveUp(scan, .timedOut(connected: isConnected)) }
        guard phase != .finished else { return }
        if count == 0, !isActive {
            finish(.reply(.nothing))
            return
        }
        if !isActive { ping() }
        isActive = false
        schedule()
    }

    private func ping() {
        guard phase == .open, tail.isEmpty, line.isEmpty, session.sendsPing() else { return }
        tail = ClamdSession.ping[...]
        send()
    }

    // MARK: Ending

    /// Closes; this is what comes of all that is out.
    private func finish(_ outcome: ClamdScan.End) {
        let scans = out.values
        let unsent = line
        end()
        for scan in scans { scan.finish(outcome) }
        for scan in unsent { scan.finish(.notSent) }
    }

    private func end() {
        phase = .finished
        (out, line) = ([:], [])
        if let timer { loop.cancel(timer) }
        timer = nil
        socket.close()
    }
}

extension SystemError {
    /// Whether nobody is there to send to.
    fileprivate var isOfTheConnection: Bool { [EPIPE, ECONNRESET, ENOTCONN].contains(code) }
}
