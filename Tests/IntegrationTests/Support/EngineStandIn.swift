// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import FakeDaemon
import GatehousePlatform
import Glibc

/// An engine that answers rightly until it is told to misbehave: clamd's or ICAP's side of a Unix socket.
///
/// In a session of clamd's each command is a request of its own, and meets the fault of its time.
///
/// It knows the test file by its bytes, and calls every zip archive encrypted.
final class EngineStandIn: Sendable {
    /// What it speaks.
    enum Dialect: String, CaseIterable, Sendable {
        case clamd, icap
    }

    /// How it misbehaves.
    enum Fault: String, CaseIterable, Sendable {
        /// Nobody listens.
        case refuse
        /// It accepts and reads and says nothing.
        case silence
        /// It accepts and does not even read.
        case deafness
        /// It closes the connection instead of answering.
        case endOfFile
        /// It closes the connection in the midst of what is sent to it.
        case reset
        /// Half of a right answer.
        case halfReply
        /// A right answer without its last byte.
        case noTerminator
        /// Bytes of no protocol.
        case garbage
        /// More bytes than any answer has.
        case flood
        /// The engine's own word for an error.
        case error
        /// An answer that clears something else.
        case wrongAnswer
        /// A right answer, and another one behind it.
        case twoReplies
        /// A byte now and then, and never an end.
        case slowDrip
    }

    /// What it says of a preview, where its options have one.
    enum PreviewAnswer: Sendable {
        /// That it wants the rest.
        case goesOn
        /// What it makes of the first bytes.
        case judges
        /// That it wants the rest, and 204 at once.
        case hurries
        /// Again and again that it wants the rest.
        case repeats
    }

    /// What it does where a session of clamd's is asked for.
    enum SessionAnswer: String, CaseIterable, Sendable {
        /// Begins one.
        case takes
        /// Says that it does not know the command, and closes the connection.
        case unknownCommand
        /// Says the same, and answers what comes after with OK, whatever that is.
        case unknownCommandAndOK
        /// Closes the connection.
        case closes
    }

    let path: String
    private let dialect: Dialect
    private let state = Locked(State())

    private struct State {
        var listener: ListeningSocket?
        var fault: Fault?
        var isOnce = false
        var served = 0
        var isHeld = false
        /// Open sessions, by the numbers of their sockets.
        var sessions: Set<Int32> = []
        var options = EngineConversation.usualOptions
        var preview = PreviewAnswer.goesOn
        var sessionAnswer = SessionAnswer.takes
        var threat = Array("Eicar-Test".utf8)
        var questions = 0
        var asked = Asked()
        var atOnce = 0
        var mostAtOnce = 0
    }

    init(_ dialect: Dialect, at path: String) throws {
        self.dialect = dialect
        self.path = path
        try listen()
    }

    deinit {
        state.withLock { $0.listener }?.stop()
    }

    /// Misbehaves from now on, or with the next request only.
    func fault(_ fault: Fault, once: Bool = false) {
        let listener = state.withLock { state in
            (state.fault, state.isOnce) = (fault, once)
            // Who is gone keeps no session.
            if fault == .refuse { for session in state.sessions { shutdown(session, Int32(SHUT_RDWR)) } }
            return fault == .refuse ? state.listener : nil
        }
        guard let listener else { return }
        listener.stop()
        unlink(path)
    }

    /// Behaves again.
    func clear() throws {
        let wasGone = state.withLock { state in
            defer { state.fault = nil }
            return state.fault == .refuse
        }
        if wasGone { try listen() }
    }

    /// Answers nothing until ``proceed()``, however long that takes.
    func hold() { state.withLock { $0.isHeld = true } }

    /// Answers what is held.
    func proceed() { state.withLock { $0.isHeld = false } }

    /// How often clamd was asked for what, outside of sessions but for the sessions.
    struct Asked: Equatable {
        var sessions = 0
        var descriptors = 0
        var streams = 0
    }

    /// Answers like this from now on where a session is asked for.
    func answerSessions(_ answer: SessionAnswer) { state.withLock { $0.sessionAnswer = answer } }

    /// Calls the test file by these bytes from now on, as clamd.
    func nameThreat(_ name: [UInt8]) { state.withLock { $0.threat = name } }

    /// What it was asked for by now, as clamd.
    var asked: Asked { state.withLock { $0.asked } }

    /// How many requests it has served.
    var served: Int { state.withLock { $0.served } }

    /// Answers OPTIONS with this from now on.
    func answerOptions(_ answer: String) { state.withLock { $0.options = answer } }

    /// Answers previews like this from now on.
    func answerPreviews(_ answer: PreviewAnswer) { state.withLock { $0.preview = answer } }

    /// How often it was asked for its options.
    var questions: Int { state.withLock { $0.questions } }

    /// How many requests were on their way at the same time at most, until each was answered.
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    private func listen() throws {
        let listener = try ListeningSocket(at: path)
        state.withLock { $0.listener = listener }
        try Thread.start("engine") { [weak self] in
            while let connection = listener.accept() {
                guard let self else { return }
                let number = connection.release()
                let fault = self.next()
                let dialect = self.dialect
                let (options, preview) = self.state.withLock { ($0.options, $0.preview) }
                let threat = self.state.withLock { $0.threat }
                try? Thread.start("engine") {
                    var conversation = EngineConversation(
                        Descriptor(owning: number),
                        dialect,
                        fault,
                        options,
                        preview,
                        threat
                    )
                    let note = { [weak self] (command: [UInt8]) in self?.note(command) ?? () }
                    let wait = { [weak self] (isOptions: Bool) in
                        while self?.state.withLock({ $0.isHeld }) ?? false { pause(milliseconds: 2) }
                        self?.state.withLock { state in
                            state.atOnce -= 1
                            if isOptions { state.questions += 1 }
                        }
                    }
                    guard conversation.beginsSession() else { return conversation.run(wait, note) }
                    let answer = self.state.withLock { state in
                        state.asked.sessions += 1
                        return state.sessionAnswer
                    }
                    guard answer == .takes else { return conversation.refuseSession(answer, wait) }
                    self.state.withLock { _ = $0.sessions.insert(number) }
                    conversation.runSession(wait) { [weak self] in self?.next() }
                    self.state.withLock { _ = $0.sessions.remove(number) }
                }
            }
        }
    }

    private func note(_ request: [UInt8]) {
        state.withLock { state in
            if request.starts(with: "zFILDES".utf8) { state.asked.descriptors += 1 }
            if request.starts(with: "zINSTREAM".utf8) { state.asked.streams += 1 }
        }
    }

    private func next() -> Fault? {
        state.withLock { state in
            state.served += 1
            state.atOnce += 1
            state.mostAtOnce = max(state.mostAtOnce, state.atOnce)
            defer { if state.isOnce { (state.fault, state.isOnce) = (nil, false) } }
            return state.fault
        }
    }
}

/// One connection to the stand-in, on a thread of its own.
private struct EngineConversation: ~Copyable {
    private let connection: Descriptor
    private let dialect: EngineStandIn.Dialect
    private var fault: EngineStandIn.Fault?
    private let options: String
    private let preview: EngineStandIn.PreviewAnswer
    private let threat: [UInt8]
    private var received: [UInt8] = []
    private var files: [[UInt8]] = []

    static let usualOptions = "ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nAllow: 204\r\nEncapsulated: null-body=0\r\n\r\n"

    init(
        _ connection: consuming Descriptor,
        _ dialect: EngineStandIn.Dialect,
        _ fault: EngineStandIn.Fault?,
        _ options: String,
        _ preview: EngineStandIn.PreviewAnswer,
        _ threat: [UInt8]
    ) {
        self.preview = preview
        self.threat = threat
        self.connection = connection
        self.options = options
        self.dialect = dialect
        self.fault = fault
        // What is accepted does not block; this thread may.
        _ = fcntl(self.connection.number, F_SETFL, 0)
    }

    /// Answers one request, which `note` is told of.
    ///
    /// `wait` returns when it is time to answer; it is told whether OPTIONS was asked for.
    mutating func run(_ wait: (Bool) -> Void, _ note: ([UInt8]) -> Void) {
        if fault == .deafness { return waitForHangUp() }
        guard let request = request() else { return }
        note(request)
        wait(request.starts(with: text("OPTIONS")))
        reply(to: request)
    }

    private func reply(to request: [UInt8], _ number: String = "") {
        switch fault {
        case nil: send(answer(request, number))
        case .refuse, .endOfFile, .reset, .deafness: return
        case .silence: waitForHangUp()
        case .halfReply: send(Array(answer(request, number).prefix(answer(request, number).count / 2)))
        case .noTerminator: send(answer(request, number).dropLast())
        case .garbage: send([0xFF, 0, 0x41, 0x0D, 0x0A, 0x0D, 0x0A, 0])
        case .flood: while send([UInt8](repeating: 0x41, count: 4096)) {}
        case .error:
            send(
                dialect == .clamd
                    ? text(number + "fd[9]: Can't allocate memory ERROR\0") : text("ICAP/1.0 500 Server error\r\n\r\n")
            )
        case .wrongAnswer:
            send(
                dialect == .clamd
                    ? text(number + "/tmp/x: OK\0") : text("ICAP/1.0 200 OK\r\nEncapsulated: null-body=0\r\n\r\n")
            )
        case .twoReplies:
            send(
                dialect == .clamd
                    ? answer(request, number) + answer(request, number)
                    : text("HTTP/1.1 204 No\r\n\r\n") + answer(request, number)
            )
        case .slowDrip: while send([0x20]) { pause(milliseconds: 20) }
        }
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func waitForHangUp() {
        // POLLRDHUP, which glibc hides without _GNU_SOURCE.
        var entry = pollfd(fd: connection.number, events: 0x2000, revents: 0)
        _ = poll(&entry, 1, 60_000)
    }

    @discardableResult
    private func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return true }
            return Glibc.send(connection.number, base, buffer.count, Int32(MSG_NOSIGNAL)) == buffer.count
        }
    }

    private func send(_ bytes: ArraySlice<UInt8>) { send(Array(bytes)) }

    // MARK: Requests

    /// Whether the first command is one that begins a session of clamd's; takes it then.
    mutating func beginsSession() -> Bool {
        let command = text("zIDSESSION\0")
        guard dialect == .clamd, fault != .deafness else { return false }
        while received.count < command.count, command.starts(with: received), receive() {}
        guard received.starts(with: command) else { return false }
        received.removeFirst(command.count)
        return true
    }

    /// Does not begin the session that was asked for.
    mutating func refuseSession(_ answer: EngineStandIn.SessionAnswer, _ wait: (Bool) -> Void) {
        wait(false)
        if answer != .closes { send(text("UNKNOWN COMMAND\0")) }
        guard answer == .unknownCommandAndOK, request() != nil else { return }
        send(text("fd[9]: OK\0"))
        waitForHangUp()
    }

    /// Answers commands under their numbers until somebody hangs up; `next` tells the fault of each but the first.
    mutating func runSession(_ wait: (Bool) -> Void, _ next: () -> EngineStandIn.Fault?) {
        let (scan, ping) = (text("zFILDES\0\0"), text("zPING\0"))
        var (number, scans) = (0, 0)
        while true {
            if received.starts(with: ping) {
                received.removeFirst(ping.count)
                number += 1
                send(text("\(number): PONG\0"))
            } else if received.starts(with: scan), !files.isEmpty {
                received.removeFirst(scan.count)
                (number, scans) = (number + 1, scans + 1)
                if scans > 1 { fault = next() }
                let content = files.removeFirst()
                guard fault != .silence else { continue }
                wait(false)
                reply(to: scan + content, "\(number): ")
                switch fault {
                case nil, .error: break
                case .deafness: return waitForHangUp()
                default: return
                }
            } else if !receive() {
                return
            }
        }
    }

    /// The command and all that was to be scanned; nil where it hangs up before.
    private mutating func request() -> [UInt8]? {
        var seen = 0
        while true {
            if received.count > seen, isComplete(received) {
                guard seen == 0, wantsRest(received) else { return received + files.joined() }
                seen = received.count
                continue
            }
            if fault == .reset, !received.isEmpty { return nil }
            guard receive() else { return nil }
        }
    }

    /// Takes what comes next; false where nothing does any more.
    private mutating func receive() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        var files = [Int32](repeating: -1, count: Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS))
        var count: Int32 = 0
        var truncated: Int32 = 0
        // The call itself never waits.
        var entry = pollfd(fd: connection.number, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, 60_000)
        let size = gatehouse_receive(
            connection.number,
            &chunk,
            fault == .reset ? 4 : chunk.count,
            &files,
            &count,
            &truncated
        )
        guard size > 0 else { return false }
        received += chunk.prefix(size)
        for file in files.prefix(Int(count)) { self.files.append(contents(of: Descriptor(owning: file))) }
        return true
    }

    private func contents(of file: consuming Descriptor) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let size = pread(file.number, &chunk, chunk.count, 0)
        return Array(chunk.prefix(max(0, size)))
    }

    private func isComplete(_ request: [UInt8]) -> Bool {
        switch dialect {
        case .clamd:
            if request.starts(with: text("zINSTREAM\0")) { return request.suffix(4) == [0, 0, 0, 0] }
            return request == text("zFILDES\0\0") || request == text("zVERSION\0")
        case .icap:
            if request.starts(with: text("OPTIONS")) { return request.suffix(4) == text("\r\n\r\n")[...] }
            return request.suffix(7) == text("\r\n0\r\n\r\n")[...] || request.suffix(11) == text("0; ieof\r\n\r\n")[...]
        }
    }

    /// Answers a preview; true where all of the file is to come.
    private func wantsRest(_ request: [UInt8]) -> Bool {
        guard dialect == .icap, String(decoding: request, as: UTF8.self).contains("\r\nPreview: "),
            request.suffix(11) != text("0; ieof\r\n\r\n")[...]
        else { return false }
        let consent = "ICAP/1.0 100 Continue\r\n\r\n"
        switch preview {
        case .goesOn: send(text(consent))
        case .judges: return false
        case .hurries: send(text(consent + "ICAP/1.0 204 No\r\n\r\n"))
        case .repeats: send(text(consent + consent))
        }
        return true
    }

    private func answer(_ request: [UInt8], _ number: String) -> [UInt8] {
        let all = String(decoding: request, as: UTF8.self)
        let isTestFile = all.contains("EICAR-STANDARD")
        let isArchive = all.contains("PK\u{3}\u{4}")
        switch dialect {
        case .clamd:
            if all.hasPrefix("zVERSION") { return text("ClamAV 1.4.6/27000/Mon Nov 17 08:21:04 2026\0") }
            let prefix = number + (all.hasPrefix("zFILDES") ? "fd[9]: " : "stream: ")
            if isTestFile { return text(prefix) + threat + text(" FOUND\0") }
            return text(prefix + (isArchive ? "Heuristics.Encrypted.Zip FOUND\0" : "OK\0"))
        case .icap:
            if all.hasPrefix("OPTIONS") { return text(options) }
            guard isTestFile || isArchive else { return text("ICAP/1.0 204 Unmodified\r\n\r\n") }
            return text("ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;\r\n\r\n")
        }
    }
}
