// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@testable import GatehouseAntivirus

/// What clamd's bytes are read as: whatever is not exactly one whole `OK` is not clean.
struct ClamdReplyTests {
    private static func reply(_ text: String, _ ending: EngineReply.Ending = .complete) -> EngineReply {
        EngineReply(bytes: Array(text.utf8), ending: ending, requestWasSent: true)
    }

    @Test(arguments: [
        ("fd[11]: OK\0", ClamdReply.ok), ("fd[0]: OK\0", .ok), ("fd[1234567890]: OK\0", .ok),
        ("fd[11]: Eicar-Test.UNOFFICIAL FOUND\0", .found("Eicar-Test.UNOFFICIAL")),
        ("fd[11]: Heuristics.Encrypted.Zip FOUND\0", .found("Heuristics.Encrypted.Zip")),
        ("fd[11]: Not a regular file ERROR\0", .error("fd[11]: Not a regular file")),
        ("COMMAND READ TIMED OUT\0", .error("COMMAND READ TIMED OUT")),
        ("", .nothing),
    ])
    func `a whole reply is read as what it says`(_ text: String, _ expected: ClamdReply) {
        #expect(ClamdReply(Self.reply(text), to: .fileDescriptor) == expected)
    }

    @Test(arguments: [
        // Without its terminator, or with another one.
        "fd[11]: OK", "fd[11]: OK\n", "fd[11]: O", "f",
        // For another command, another prefix, none.
        "stream: OK\0", "OK\0", "fd: OK\0", "fd[]: OK\0", "fd[x]: OK\0", "fd[11] OK\0", "fd[12345678901]: OK\0",
        "fd[-1]: OK\0", "/etc/passwd: OK\0", " fd[11]: OK\0", "1: fd[11]: OK\0",
        // More than one.
        "fd[11]: OK\0fd[11]: OK\0", "fd[11]: OK\0\0", "\0fd[11]: OK\0", "fd[11]: OK\nfd[11]: X FOUND\0",
        // Nearly right.
        "fd[11]: ok\0", "fd[11]: OK \0", "fd[11]:  OK\0", "fd[11]: OKAY\0", "fd[11]: NOT OK\0", "fd[11]: OK\r\0", "\0",
        "fd[11]: OK\rfd[11]: X FOUND\0", "fd[11]: X FOUND\nfd[11]: OK\0", "fd[11]: X FOUND\nfd[11]: Y FOUND\0",
        // Nearly FOUND.
        "fd[11]: X found\0", "fd[11]: XFOUND\0", "fd[11]: X FOUND \0", "fd[11]: X FOUND", "X FOUND\0",
        "stream: X FOUND\0", "/tmp/x: X FOUND\0", "1: fd[11]: X FOUND\0",
        "UNKNOWN COMMAND\0", "HTTP/1.1 200 OK\r\n\r\n", "PONG\0",
    ])
    func `anything else is no answer`(_ text: String) {
        guard case .unintelligible = ClamdReply(Self.reply(text), to: .fileDescriptor) else {
            Issue.record("read as \(ClamdReply(Self.reply(text), to: .fileDescriptor))")
            return
        }
    }

    @Test(arguments: ["", " ", "   ", "(null)", "\t", "\u{1}"])
    func `what is found without a name is found all the same`(_ name: String) throws {
        let reply = ClamdReply(Self.reply("fd[11]: \(name) FOUND\0"), to: .fileDescriptor)
        #expect(reply == .found(nil))
        #expect(ClamdReply(Self.reply("fd[11]: FOUND\0"), to: .fileDescriptor) == .found(nil))
    }

    private static let names: [([UInt8], String)] = [
        (bytes("a b"), "a b"), (bytes("a: OK"), "a: OK"), (bytes("OK"), "OK"), (bytes("fd[2]: OK"), "fd[2]: OK"),
        (bytes("X FOUND"), "X FOUND"), (bytes("no ERROR"), "no ERROR"), (bytes("(null) "), "(null) "),
        (bytes("Fälschung.Ü-1"), "Fälschung.Ü-1"),
        // What would command a terminal, and bytes of no character.
        (bytes("a\u{1B}[31m\u{7}b\u{9B}"), "a [31m b "),
        ([0x61, 0xFF, 0xFE], "a\u{FFFD}\u{FFFD}"), ([0xC3], "\u{FFFD}"), ([0xE2, 0x82, 0x41], "\u{FFFD}A"),
        ([UInt8](repeating: 0x41, count: 8000), String(repeating: "A", count: 512)),
        ([UInt8](repeating: 0xFF, count: 8000), String(repeating: "\u{FFFD}", count: 512)),
    ]

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: names)
    func `a name may be of any bytes, and is shown without what could do harm`(_ name: [UInt8], _ shown: String) {
        let reply = EngineReply(
            bytes: Array("fd[1]: ".utf8) + name + Array(" FOUND\0".utf8),
            ending: .complete,
            requestWasSent: true
        )
        #expect(ClamdReply(reply, to: .fileDescriptor) == .found(shown))
    }

    @Test func `no single byte in a name makes its file clean, and few end the reply`() throws {
        for byte in UInt8.min...UInt8.max {
            let bytes = Array("stream: a".utf8) + [byte] + Array("b FOUND\0".utf8)
            let reply = ClamdReply(EngineReply(bytes: bytes, ending: .complete, requestWasSent: true), to: .stream)
            if [0x00, 0x0A, 0x0D].contains(byte) {
                guard case .unintelligible = reply else {
                    Issue.record("\(byte): \(reply)")
                    continue
                }
            } else {
                #expect(try ClamdVerdictRule.judge(reply, definitions: nil).verdict == .infected, "\(byte): \(reply)")
            }
        }
    }

    @Test func `a broken connection makes no reply clean, and takes nothing away from a refusal`() {
        #expect(ClamdReply(Self.reply("stream: OK\0", .cut), to: .stream) == .unintelligible("stream: OK "))
        #expect(ClamdReply(Self.reply("stream: OK\0", .tooLong), to: .stream) == .unintelligible("stream: OK "))
        #expect(ClamdReply(Self.reply("stream: X FOUND\0", .cut), to: .stream) == .found("X"))
        let limit = Self.reply("INSTREAM size limit exceeded. ERROR\0", .cut)
        #expect(ClamdReply(limit, to: .stream) == .streamTooLong)
        #expect(ClamdReply(Self.reply("", .cut), to: .stream) == .nothing)
    }

    @Test func `each command has its own answer`() {
        #expect(ClamdReply(Self.reply("stream: OK\0"), to: .stream) == .ok)
        guard case .unintelligible = ClamdReply(Self.reply("fd[1]: OK\0"), to: .stream) else {
            Issue.record("an answer to another command was taken")
            return
        }
    }

    /// Cuts, joins and changes bytes of right replies: no outcome but the whole right one is clean.
    @Test func `no damaged reply is clean`() {
        let right = Array("stream: OK\0".utf8)
        for index in right.indices {
            #expect(!Self.isClean(Array(right[..<index])))
            for byte in UInt8.min...UInt8.max where byte != right[index] {
                var damaged = right
                damaged[index] = byte
                #expect(!Self.isClean(damaged))
                damaged = right
                damaged.insert(byte, at: index)
                #expect(!Self.isClean(damaged))
            }
        }
        for byte in UInt8.min...UInt8.max { #expect(!Self.isClean(right + [byte])) }
        #expect(Self.isClean(right))
    }

    private static func isClean(_ bytes: [UInt8]) -> Bool {
        let reply = ClamdReply(EngineReply(bytes: bytes, ending: .complete, requestWasSent: true), to: .stream)
        return (try? ClamdVerdictRule.judge(reply, definitions: nil))?.verdict == .clean
    }
}

struct ClamdVerdictTests {
    @Test(arguments: [
        ("Heuristics.Limits.Exceeded.MaxFileSize", "maxFileSizeExceeded"),
        ("Heuristics.Limits.Exceeded.MaxScanSize", "maxScanSizeExceeded"),
        ("Heuristics.Limits.Exceeded.MaxRecursion", "maxRecursionExceeded"),
        ("Heuristics.Limits.Exceeded.MaxFiles", "maxFilesExceeded"),
        ("Heuristics.Limits.Exceeded.MaxScanTime", "maxScanTimeExceeded"),
        ("Heuristics.Limits.Exceeded", "limitExceeded"), ("Heuristics.Limits.Exceeded.", "limitExceeded"),
        ("Heuristics.Limits.Exceeded.a/b", "limitExceeded"),
        ("Heuristics.Encrypted.Zip", "encrypted"), ("Heuristics.Encrypted.7Zip", "encrypted"),
        ("Heuristics.Limits.Exceeded.a b", "limitExceeded"), ("Heuristics.Encrypted.\u{FFFD}", "encrypted"),
    ])
    func `what clamd did not look into is not scanned`(_ name: String, _ reason: String) throws {
        let judgement = try ClamdVerdictRule.judge(.found(name), definitions: nil)
        #expect(judgement.verdict == .notScanned)
        #expect(judgement.reason == reason)
        #expect(judgement.threats.isEmpty)
    }

    @Test(arguments: ["Eicar-Test-Signature", "Heuristics.Phishing.Email", "Heuristics.LimitsExceeded", "x"])
    func `any other name is a threat`(_ name: String) throws {
        let judgement = try ClamdVerdictRule.judge(.found(name), definitions: "2026-11-17 rev 1")
        #expect(judgement.verdict == .infected)
        #expect(judgement.threats.map(\.name) == [name])
        #expect(judgement.definitions == "2026-11-17 rev 1")
        #expect(judgement.fileStatus == nil)
    }

    @Test func `what has no name is a threat without one`() throws {
        let judgement = try ClamdVerdictRule.judge(.found(nil), definitions: nil)
        #expect(judgement.verdict == .infected)
        #expect(judgement.threats == [Judgement.Threat()])
        #expect(judgement.raw?["found"] == .null)
        #expect(judgement.reason == nil)
    }

    @Test(arguments: [
        (ClamdReply.streamTooLong, AntivirusError.Code.refused), (.error("x"), .failed), (.nothing, .unreachable),
        (.unintelligible("x"), .unintelligible),
    ])
    func `what is no answer about the file is an error`(_ reply: ClamdReply, _ code: AntivirusError.Code) {
        let error = #expect(throws: AntivirusError.self) { try ClamdVerdictRule.judge(reply, definitions: nil) }
        #expect(error?.code == code)
    }

    @Test(arguments: [
        ("ClamAV 1.4.6/27000/Mon Nov 17 08:21:04 2026\0", "2026-11-17 rev 27000"),
        ("ClamAV 0.103.8/26820/Sun Jan  5 08:30:00 2025\0", "2025-01-05 rev 26820"),
        ("ClamAV 1.4.6\0", nil), ("ClamAV 1.4.6/27000/Mon Nov 17 08:21:04 2026", nil), ("ClamAV 1.4.6//\0", nil),
        ("ClamAV 1.4.6/x/Mon Nov 17 08:21:04 2026\0", nil), ("ClamAV 1.4.6/1/Mon Nov 77 08:21:04 2026\0", nil),
        ("ClamAV 1.4.6/1/Mon Nov 17 08:21:04 99999999999999999999\0", nil), ("", nil), ("\0", nil),
    ])
    func `definitions are the database's revision and day`(_ text: String, _ definitions: String?) {
        let reply = EngineReply(bytes: Array(text.utf8), ending: .complete, requestWasSent: true)
        #expect(ClamdVersion.definitions(reply) == definitions)
    }
}
