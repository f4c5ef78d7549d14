// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseAntivirus

/// What a session believes: replies to what is out, whole and under its number, and nothing else.
struct ClamdSessionTests {
    private typealias Answer = ClamdSession.Answer

    /// A session in which that many scans are out.
    private static func session(_ scans: Int) -> ClamdSession {
        var session = ClamdSession()
        let numbers = (0..<scans).map { _ in session.scanSent() }
        #expect(numbers == Array(1...UInt32(scans)))
        return session
    }

    private static func receive(_ session: inout ClamdSession, _ text: String) throws -> [ClamdSession.Answer] {
        try Array(text.utf8).withUnsafeBytes { try session.receive($0) }
    }

    private static let threat = "3: fd[7]: X FOUND\0"

    @Test func `replies come in any order, several at once, and cut anywhere`() throws {
        let bytes = "2: fd[12]: OK\0" + Self.threat + "1: fd[9]: Can't allocate memory ERROR\0"
        let wanted = [
            Answer(number: 2, reply: .ok), Answer(number: 3, reply: .found("X")),
            Answer(number: 1, reply: .error("fd[9]: Can't allocate memory")),
        ]
        for cut in 0...bytes.utf8.count {
            var session = Self.session(3)
            var answers = try Self.receive(&session, String(bytes.prefix(cut)))
            answers += try Self.receive(&session, String(bytes.dropFirst(cut)))
            #expect(answers == wanted)
            #expect(session.ended() == .nothing)
        }
    }

    @Test(arguments: [
        // Not asked for, answered already, answered twice.
        "4: fd[1]: OK\0", "0: fd[1]: OK\0", "1: fd[1]: OK\0\u{31}: fd[1]: OK\0", "4294967297: fd[1]: OK\0",
        "99999999999999999999: fd[1]: OK\0",
        // Under no number, or none that clamd writes.
        "fd[1]: OK\0", "OK\0", "\0", ": fd[1]: OK\0", "01: fd[1]: OK\0", "+1: fd[1]: OK\0", " 1: fd[1]: OK\0",
        "1 fd[1]: OK\0", "1:fd[1]: OK\0", "1fd[1]: OK\0", "-1: fd[1]: OK\0", "1: 1: fd[1]: OK\0",
        "COMMAND READ TIMED OUT\0",
        // No reply to a scan of a descriptor.
        "1: OK\0", "1: stream: OK\0", "1: /tmp/x: OK\0", "1: PONG\0", "1: \0", "1: fd[1]: OK\n\0",
        "1: fd[1]: X FOUND\n\0", "1: stream: X FOUND\0",
        "1: fd[1]: X FOUND\n2: fd[1]: OK\0", "UNKNOWN COMMAND\0", "1: UNKNOWN COMMAND\0",
        "1: fd[1]: OK\n2: fd[1]: OK\0",
        // A right one before or behind makes it no better.
        "2: fd[1]: OK\0x\0", "x\0\u{32}: fd[1]: OK\0",
    ])
    func `anything else ends the session, and no reply that came with it counts`(_ text: String) {
        var session = Self.session(3)
        #expect(throws: ClamdSession.Violation.self) { try Self.receive(&session, text) }
    }

    @Test(arguments: [
        ("(null)", nil), ("", nil), ("a b: OK", "a b: OK"), ("2: fd[1]: OK", "2: fd[1]: OK"),
        (": fd[1]: X FOUND 2: fd[1]: OK", ": fd[1]: X FOUND 2: fd[1]: OK"), ("\u{1}3: fd[1]: OK", " 3: fd[1]: OK"),
    ])
    func `whatever a name is, it is found, and answers nothing else`(_ name: String, _ shown: String?) throws {
        var session = Self.session(3)
        let answers = try Self.receive(&session, "1: fd[1]: \(name) FOUND\0")
        #expect(answers == [Answer(number: 1, reply: .found(shown))])
        let others = try Self.receive(&session, "3: fd[1]: OK\0" + "2: fd[1]: Y FOUND\0")
        #expect(others == [Answer(number: 3, reply: .ok), Answer(number: 2, reply: .found("Y"))])
    }

    @Test(arguments: [
        "UNKNOWN COMMAND\0", "UNKNOWN COMMAND\n", "UNKNOWN COMMAND\r\n", "UNKNOWN COMMAND",
        "UNKNOWN COMMAND ERROR\0", "UNKNOWN COMMAND\0fd[1]: OK\0", "UNKNOWN COMMAND\0\u{31}: fd[1]: OK\0",
        "UNKNOWN COMMAND\nUNKNOWN COMMAND\n",
    ])
    func `a session that begins with not knowing the command was not taken, and answers nothing`(_ text: String) {
        for cut in 0...text.utf8.count {
            var session = Self.session(1)
            #expect(throws: ClamdSession.Violation.self) {
                let answers = try Self.receive(&session, String(text.prefix(cut)))
                #expect(answers.isEmpty)
                #expect(!session.isUnknownCommand)
                _ = try Self.receive(&session, String(text.dropFirst(cut)))
            }
            #expect(session.isUnknownCommand)
            #expect(!session.isAnswered)
        }
    }

    @Test(arguments: [
        "1: UNKNOWN COMMAND\0", "unknown command\0", " UNKNOWN COMMAND\0", "fd[1]: OK\0", "PONG\0", "\0",
        "COMMAND READ TIMED OUT\0", "1: fd[1]: OK\0UNKNOWN COMMAND\0", "4: fd[1]: OK\0", "UNKNOWN COMMAN\0",
    ])
    func `whatever else is wrong does not say so`(_ text: String) {
        var session = Self.session(1)
        #expect(throws: ClamdSession.Violation.self) { try Self.receive(&session, text) }
        #expect(!session.isUnknownCommand)
    }

    @Test func `a session is answered from its first right reply on`() throws {
        for text in ["1: fd[1]: OK\0", "2: PONG\0", "1: fd[1]: X FOUND\0", "1: fd[1]: broken ERROR\0"] {
            var session = Self.session(1)
            _ = session.sendsPing()
            #expect(!session.isAnswered)
            _ = try Self.receive(&session, text)
            #expect(session.isAnswered)
            #expect(throws: ClamdSession.Violation.self) { try Self.receive(&session, "UNKNOWN COMMAND\0") }
            #expect(!session.isUnknownCommand)
        }
    }

    @Test func `a reply without end is none`() throws {
        var session = Self.session(1)
        _ = try Self.receive(&session, "1: fd[1]: " + String(repeating: "x", count: 8000))
        #expect(throws: ClamdSession.Violation.self) {
            try Self.receive(&session, String(repeating: "x", count: 1000))
        }
    }

    @Test(arguments: [
        ("", ClamdReply.nothing), ("1: fd[1]: OK", .unintelligible("1: fd[1]: OK")), ("1", .unintelligible("1")),
        ("COMMAND READ TIMED OUT\n", .error("COMMAND READ TIMED OUT")),
        ("COMMAND READ TIMED OUT", .unintelligible("COMMAND READ TIMED OUT")),
    ])
    func `the end of the connection clears nothing that is out`(_ text: String, _ reply: ClamdReply) throws {
        var session = Self.session(1)
        let answers = try Self.receive(&session, text)
        #expect(answers.isEmpty)
        #expect(session.ended() == reply)
    }

    @Test func `a scan that was given up may be answered late, is not told of, and was the session's last`() throws {
        var session = Self.session(2)
        #expect(session.takesMore)
        session.abandon(1)
        #expect(!session.takesMore)
        let late = try Self.receive(&session, "1: fd[1]: OK\0")
        #expect(late.isEmpty)
        let answers = try Self.receive(&session, "2: fd[1]: OK\0")
        #expect(answers == [Answer(number: 2, reply: .ok)])
        #expect(throws: ClamdSession.Violation.self) { try Self.receive(&session, "1: fd[1]: OK\0") }
    }

    @Test func `a ping takes a number, is answered as such, and is not repeated before`() throws {
        var session = Self.session(1)
        let pings = [session.sendsPing(), session.sendsPing()]
        #expect(pings == [true, false])
        let number = session.scanSent()
        #expect(number == 3)
        let answers = try Self.receive(&session, "2: PONG\0" + "3: fd[1]: OK\0")
        #expect(answers == [Answer(number: 3, reply: .ok)])
        let pingsAgain = session.sendsPing()
        #expect(pingsAgain)
        #expect(throws: ClamdSession.Violation.self) { try Self.receive(&session, "4: fd[1]: OK\0") }
    }

    /// Cuts, joins and changes bytes of a right reply: none but the right one clears the scan.
    @Test func `no damaged reply is clean`() {
        let right = Array("1: fd[9]: OK\0".utf8)
        for index in right.indices {
            #expect(!Self.isClean(Array(right[..<index])))
            for byte in UInt8.min...UInt8.max where byte != right[index] {
                var damaged = right
                damaged[index] = byte
                #expect(Self.isClean(damaged) == Self.isNumberOfDescriptor(damaged), "\(damaged)")
                damaged = right
                damaged.insert(byte, at: index)
                #expect(Self.isClean(damaged) == Self.isNumberOfDescriptor(damaged), "\(damaged)")
            }
        }
        for byte in UInt8.min...UInt8.max { #expect(!Self.isClean(right + [byte, 0])) }
        #expect(Self.isClean(right))
    }

    /// The descriptor's number is clamd's own and says nothing.
    private static func isNumberOfDescriptor(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("1: fd["), text.hasSuffix("]: OK\0") else { return false }
        let number = bytes.dropFirst(6).dropLast(6)
        return !number.isEmpty && number.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isClean(_ bytes: [UInt8]) -> Bool {
        var session = session(1)
        let answers = (try? bytes.withUnsafeBytes { try session.receive($0) }) ?? []
        return answers == [Answer(number: 1, reply: .ok)]
    }
}
