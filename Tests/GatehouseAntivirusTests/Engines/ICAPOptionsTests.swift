// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct ICAPOptionsTests {
    private static func reply(_ text: String, _ ending: EngineReply.Ending = .complete) -> EngineReply {
        EngineReply(bytes: Array(text.utf8), ending: ending, requestWasSent: true)
    }

    private static func options(_ lines: String...) -> ICAPOptions? {
        ICAPOptions(reply((["ICAP/1.0 200 OK"] + lines).map { $0 + "\r\n" }.joined() + "\r\n"))
    }

    @Test func `the question names the service and says that nothing follows`() {
        let text = String(decoding: ICAPRequest.options(service: "icap://h:99/AVSCAN?a=b"), as: UTF8.self)
        #expect(text.hasPrefix("OPTIONS icap://h:99/AVSCAN?a=b ICAP/1.0\r\nHost: h:99\r\n"))
        #expect(text.hasSuffix("\r\nEncapsulated: null-body=0\r\n\r\n"))
    }

    @Test func `204 is asked for unless the service does not have it`() {
        func head(_ allows204: Bool) -> String {
            String(
                decoding: ICAPRequest.head(service: "icap://h/s", fileName: "f", allows204: allows204),
                as: UTF8.self
            )
        }
        #expect(head(true).contains("\r\nAllow: 204\r\nConnection: close\r\n"))
        #expect(head(false).contains("\r\nUser-Agent: Gatehouse\r\nConnection: close\r\n"))
        #expect(!head(false).contains("Allow"))
    }

    /// What c-icap 0.5.10 with its virus_scan module answers.
    @Test func `an answer is read`() throws {
        let options = try #require(
            Self.options(
                "Methods: RESPMOD, REQMOD",
                "Service: C-ICAP/0.5.10 server - Antivirus service",
                "ISTag: \"CI0001-L5CkDhq+qWNs+PZ5DxxXsAAA\"",
                "Transfer-Preview: *",
                "Options-TTL: 60",
                "Preview: 1024",
                "Max-Connections: 20",
                "Allow: 204, 206",
                "Encapsulated: null-body=0"
            )
        )
        #expect(options.methods == ["RESPMOD", "REQMOD"])
        #expect(options.takesResponses)
        #expect(options.service == "C-ICAP/0.5.10 server - Antivirus service")
        #expect(options.tag == "CI0001-L5CkDhq+qWNs+PZ5DxxXsAAA")
        #expect(options.preview == 1024)
        #expect(options.maximumConnections == 20)
        #expect(options.allows204)
        #expect(options.lifetime == .seconds(60))
    }

    @Test(arguments: [
        ("", true), ("Methods:", true), ("Methods: respmod", true), ("Methods: REQMOD,RESPMOD", true),
        ("Methods: REQMOD\r\nMethods: RESPMOD", true), ("Methods: REQMOD,\r\n\tRESPMOD", true),
        ("Methods: REQMOD", false), ("Methods: RESPMODS", false), ("Methods: XRESPMOD, REQMOD", false),
    ])
    func `a service takes files where its methods say so, or nothing`(_ line: String, _ takes: Bool) throws {
        let options = try #require(line.isEmpty ? Self.options() : Self.options(line))
        #expect(options.takesResponses == takes)
    }

    @Test(arguments: [
        ("Allow: 204", true), ("allow:204", true), ("Allow: 206, 204", true), ("Allow: 206\r\nAllow: 204", true),
        ("Allow: 2040", false), ("Allow: 206", false), ("Allow:", false), ("X-Allow: 204", false),
    ])
    func `a service that does not say 204 does not have it`(_ line: String, _ allows: Bool) {
        #expect(Self.options(line)?.allows204 == allows)
        #expect(Self.options()?.allows204 == false)
    }

    @Test(
        arguments: [
            ("1", 1), ("0", nil), ("-1", nil), ("+5", nil), ("", nil), ("a", nil), ("1 2", nil),
            ("999999999", 999_999_999),
            ("1000000000", nil), ("99999999999999999999999999", nil), ("٣", nil), ("5\r\nMax-Connections: 3", 3),
            ("5\r\nMax-Connections: x", nil),
        ] as [(String, Int?)]
    )
    func `a number of connections is a plain one, or none`(_ value: String, _ expected: Int?) throws {
        let options = try #require(Self.options("Max-Connections: \(value)"))
        #expect(options.maximumConnections == expected)
    }

    @Test(arguments: [
        ("0", Duration.seconds(10)), ("9", .seconds(10)), ("11", .seconds(11)), ("3600", .seconds(600)),
        ("999999999", .seconds(600)), ("-1", .seconds(600)), ("never", .seconds(600)),
    ])
    func `an answer counts for a bounded time`(_ value: String, _ expected: Duration) {
        #expect(Self.options("Options-TTL: \(value)")?.lifetime == expected)
        #expect(Self.options()?.lifetime == .seconds(600))
    }

    @Test(
        arguments: [
            ("\"A-1\"", "A-1"), ("A-1", "A-1"), ("\"", "\""), ("\"\"", nil), ("", nil), ("\"a\tb\u{1}\"", "a b "),
            (String(repeating: "x", count: 200), String(repeating: "x", count: 64)),
        ] as [(String, String?)]
    )
    func `a tag is short and printable`(_ value: String, _ expected: String?) throws {
        let options = try #require(Self.options("ISTag: \(value)"))
        #expect(options.tag == expected)
    }

    @Test(
        arguments: [
            ("1024", 5000, 1024), ("1024", 1025, 1024), ("1024", 1024, 1023), ("1024", 2, 1), ("1024", 1, 0),
            ("1024", 0, nil), ("1024", nil, 1024), ("0", 5000, 0), ("0", 0, nil), ("999999999", 1 << 40, 64 << 10),
            ("x", 5000, nil), ("-1", 5000, nil),
        ] as [(String, Int64?, Int?)]
    )
    func `a preview is shorter than the file`(_ value: String, _ size: Int64?, _ expected: Int?) throws {
        let options = try #require(Self.options("Preview: \(value)"))
        #expect(options.preview(of: size) == expected)
        #expect(Self.options()?.preview(of: size) == nil)
    }

    @Test(arguments: [
        "", "\r\n\r\n", "ICAP/1.0 200 OK\r\n", "ICAP/1.0 204 X\r\n\r\n", "ICAP/1.0 404 X\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n", "ICAP/1.0 200 OK\r\nno header\r\n\r\n", "ICAP/1.0 200 OK\r\nA: \0\r\n\r\n",
    ])
    func `anything else is no answer`(_ text: String) {
        #expect(ICAPOptions(Self.reply(text)) == nil)
    }

    @Test(arguments: [EngineReply.Ending.cut, .tooLong])
    func `half an answer is none`(_ ending: EngineReply.Ending) {
        #expect(ICAPOptions(Self.reply("ICAP/1.0 200 OK\r\n\r\n", ending)) == nil)
    }

    @Test func `no byte in any place is too much`() {
        let right = Array("ICAP/1.0 200 OK\r\nMax-Connections: 12\r\nISTag: \"a\"\r\nAllow: 204\r\n\r\n".utf8)
        for index in right.indices {
            for byte in UInt8.min...UInt8.max {
                var bytes = right
                bytes[index] = byte
                let options = ICAPOptions(EngineReply(bytes: bytes, ending: .complete, requestWasSent: true))
                #expect((options?.maximumConnections ?? 1) > 0)
            }
        }
    }

    // MARK: Who asks

    private static let start = Instant(nanoseconds: 0)

    @Test func `one scan asks, and the others go on`() throws {
        var record = ICAPOptionsRecord()
        let options = try #require(Self.options("Allow: 204", "Options-TTL: 30"))
        #expect(record.current(at: Self.start) == .ask)
        #expect(record.current(at: Self.start) == .options(nil))
        #expect(record.answered(.options(options), at: Self.start) == options)
        #expect(record.current(at: Self.start + .seconds(29)) == .options(options))
        #expect(record.current(at: Self.start + .seconds(30)) == .ask)
        #expect(record.current(at: Self.start + .seconds(30)) == .options(options))
    }

    @Test(arguments: [
        (ICAPOptionsRecord.Answer.unknownQuestion, Duration.seconds(600)), (.none, .seconds(60)), (.notAsked, .zero),
    ])
    func `a service that does not answer is left alone for a while`(
        _ answer: ICAPOptionsRecord.Answer,
        _ pause: Duration
    ) {
        var record = ICAPOptionsRecord()
        #expect(record.current(at: Self.start) == .ask)
        #expect(record.answered(answer, at: Self.start) == nil)
        if pause > .zero { #expect(record.current(at: Self.start + (pause - .seconds(1))) == .options(nil)) }
        #expect(record.current(at: Self.start + pause) == .ask)
    }

    @Test func `what was known is forgotten when the service says that it knows no such question`() throws {
        var record = ICAPOptionsRecord()
        let options = try #require(Self.options())
        _ = record.answered(.options(options), at: Self.start)
        #expect(record.answered(.notAsked, at: Self.start) == options)
        #expect(record.answered(.unknownQuestion, at: Self.start) == nil)
        #expect(record.current(at: Self.start) == .options(nil))
    }

    // Options that were forgotten because a busy service took too long were its preview and its limit of connections too.
    @Test func `what was known counts on when a question has no answer, and is asked for again a minute later`() throws
    {
        var record = ICAPOptionsRecord()
        let options = try #require(Self.options())
        _ = record.answered(.options(options), at: Self.start)
        let later = Self.start + options.lifetime
        #expect(record.current(at: later) == .ask)
        #expect(record.answered(.none, at: later) == options)
        #expect(record.current(at: later) == .options(options))
        #expect(record.current(at: later + ICAPOptionsRecord.pause) == .ask)
    }

    @Test(arguments: [
        ("ICAP/1.0 404 X\r\n\r\n", ICAPOptionsRecord.Answer.unknownQuestion),
        ("ICAP/1.0 405 X\r\n\r\n", .unknownQuestion), ("ICAP/1.0 501 X\r\n\r\n", .unknownQuestion),
        ("ICAP/1.0 500 X\r\n\r\n", .none), ("ICAP/1.0 204 X\r\n\r\n", .none), ("", .none), ("garbage\r\n\r\n", .none),
    ])
    func `an answer that is no answer is told apart`(_ text: String, _ expected: ICAPOptionsRecord.Answer) {
        #expect(ICAPOptionsRecord.Answer(Self.reply(text)) == expected)
        #expect(ICAPOptionsRecord.Answer(Self.reply(text, .cut)) == .none)
    }

    // MARK: What a verdict takes from them

    @Test func `204 counts where it was allowed alone`() throws {
        let reply = Self.reply("ICAP/1.0 204 X\r\n\r\n")
        #expect(try ICAPVerdictRule.judge(reply, allowed204: true).verdict == .clean)
        let error = #expect(throws: AntivirusError.self) { try ICAPVerdictRule.judge(reply, allowed204: false) }
        #expect(error?.code == .unintelligible)
        let found = Self.reply("ICAP/1.0 204 X\r\nX-Virus-ID: A\r\n\r\n")
        var early = reply
        early.requestWasSent = false
        #expect(throws: AntivirusError.self) { try ICAPVerdictRule.judge(early) }
        #expect(try ICAPVerdictRule.judge(found, allowed204: false).verdict == .infected)
    }

    @Test(arguments: ["204 X", "200 OK\r\nX-Virus-ID: A"])
    func `the tag of the answer stands for the definitions, or the one of the service`(_ status: String) throws {
        let own = Self.reply("ICAP/1.0 \(status)\r\nISTag: \"new\"\r\n\r\n")
        #expect(try ICAPVerdictRule.judge(own, knownTag: "old").definitions == "new")
        let none = Self.reply("ICAP/1.0 \(status)\r\n\r\n")
        #expect(try ICAPVerdictRule.judge(none, knownTag: "old").definitions == "old")
        #expect(try ICAPVerdictRule.judge(none).definitions == nil)
    }
}
