// Gatehouse. SPDX-License-Identifier: Apache-2.0

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
