// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What is under way in one session with clamd (`IDSESSION`, clamd(8)): which numbers are out, and what bytes answer them.
///
/// clamd counts the commands of a session from 1 on and answers in any order, each reply under its command's number. Nothing
/// is believed of a session in which anything came that was not asked for: its end is the end of all that is out.
struct ClamdSession {
    /// What stands before the first command.
    static let opening = Array("zIDSESSION\0".utf8)
    /// Keeps a session open in which no scan begins for a while (clamd(8)).
    static let ping = Array("zPING\0".utf8)
    /// What clamd says of a command that it does not know.
    private static let unknownCommand = Array("UNKNOWN COMMAND".utf8)

    /// A reply to a scan that somebody waits for.
    struct Answer: Equatable {
        var number: UInt32
        var reply: ClamdReply
    }

    /// Something came that is no reply to what is out: what it was.
    struct Violation: Error, Equatable {
        var text: String
    }

    private enum Command {
        case scan
        /// A scan whose caller left: its reply is taken and dropped.
        case abandoned
        case ping
    }

    /// So that numbers never come to their end.
    private static let mostCommands: UInt32 = 1 << 20

    private var commands: [UInt32: Command] = [:]
    private var sent: UInt32 = 0
    /// The beginning of a reply whose end has not come.
    private var partial: [UInt8] = []
    private var hasAbandoned = false
    private var isPinging = false
    /// Whether a command of it was ever answered.
    private(set) var isAnswered = false
    /// Whether it begins with the words by which a server says that it knows no sessions.
    private(set) var isUnknownCommand = false

    /// Whether more scans may be sent.
    ///
    /// Not after one was given up: a clamd that does not answer that one shall not have the next, and what is never
    /// answered must not add up.
    var takesMore: Bool { !hasAbandoned && sent < Self.mostCommands }

    /// Notes that a scan was sent; returns its number.
    mutating func scanSent() -> UInt32 { next(.scan) }

    /// Whether a ping is due to be sent now; it is then taken as sent.
    mutating func sendsPing() -> Bool {
        guard !isPinging else { return false }
        isPinging = true
        _ = next(.ping)
        return true
    }

    private mutating func next(_ command: Command) -> UInt32 {
        sent += 1
        commands[sent] = command
        return sent
    }

    /// Nobody waits for a scan's reply any more.
    mutating func abandon(_ number: UInt32) {
        guard commands[number] == .scan else { return }
        commands[number] = .abandoned
        hasAbandoned = true
    }

    /// Takes what clamd sent: all the replies that are complete now, or none at all where one is wrong.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(Violation) -> [Answer] {
        var answers: [Answer] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0) {
            partial += rest[..<end]
            rest = rest[(end + 1)...]
            if let answer = try take() { answers.append(answer) }
            partial.removeAll(keepingCapacity: true)
        }
        partial += rest
        try checkOpening()
        guard partial.count <= ClamdReply.limit else { throw violation }
        return answers
    }

    /// What the end of the connection says to all scans that are out.
    func ended() -> ClamdReply {
        if partial.isEmpty { return .nothing }
        // Under no number and with another end: clamd says it to the whole connection.
        let text = String(decoding: partial.prefix(256), as: UTF8.self)
        return text == "COMMAND READ TIMED OUT\n"
            ? .error("COMMAND READ TIMED OUT") : .unintelligible(text.onOneLine(maximum: 200))
    }

    /// Throws where clamd's first words are that it does not know the command: whatever it ends them with, and whether or
    /// not it goes on.
    private mutating func checkOpening() throws(Violation) {
        guard !isAnswered, partial.starts(with: Self.unknownCommand) else { return }
        isUnknownCommand = true
        throw violation
    }

    private var violation: Violation {
        Violation(text: String(decoding: partial.prefix(256), as: UTF8.self).onOneLine(maximum: 200))
    }

    /// Reads the reply in `partial`; nil where nobody waits for it.
    private mutating func take() throws(Violation) -> Answer? {
        try checkOpening()
        guard partial.count < ClamdReply.limit, let (number, text) = numbered(),
            let command = commands.removeValue(forKey: number)
        else { throw violation }
        if command == .ping {
            guard text.elementsEqual("PONG".utf8) else { throw violation }
            (isPinging, isAnswered) = (false, true)
            return nil
        }
        let reply = ClamdReply(text: text, to: .fileDescriptor)
        if case .unintelligible = reply { throw violation }
        isAnswered = true
        return command == .scan ? Answer(number: number, reply: reply) : nil
    }

    /// The number before `: `, as clamd writes it, and what follows.
    private func numbered() -> (UInt32, ArraySlice<UInt8>)? {
        let digits = partial.prefix { (0x30...0x39).contains($0) }
        guard (1...9).contains(digits.count), digits.first != 0x30,
            partial.dropFirst(digits.count).starts(with: ": ".utf8)
        else { return nil }
        let number = digits.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 0x30) }
        return (number, partial.dropFirst(digits.count + 2))
    }
}
