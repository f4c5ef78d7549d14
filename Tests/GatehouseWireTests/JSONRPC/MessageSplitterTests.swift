// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `Splitting a stream into messages` {
    @Test(arguments: streams)
    func `the messages end at the same bytes wherever the stream is cut`(_ stream: Stream) {
        let bytes = stream.bytes
        #expect(SplitOutcome(of: bytes).ends == stream.ends)
        #expect(SplitOutcome(ofSingleBytes: bytes).ends == stream.ends)
        for cut in 0...bytes.count {
            #expect(SplitOutcome(of: bytes, cutAt: [cut]).withoutReads == SplitOutcome(of: bytes).withoutReads)
        }
    }

    @Test(arguments: 0..<UInt64(200))
    func `random streams, damaged or not, mean the same in one read as in many`(_ seed: UInt64) {
        var random = RandomText(seed: seed)
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        for _ in 0..<5 {
            bytes += random.message() + ([[], [0x0A], [0], [0x20, 0x0D, 0x0A]].randomElement(using: &generator) ?? [])
        }
        for bytes in [bytes, random.damaged(bytes)] {
            let cuts = (0..<6).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            let whole = SplitOutcome(of: bytes, maximumBytes: 64, depth: 4).withoutReads
            #expect(SplitOutcome(of: bytes, cutAt: cuts, maximumBytes: 64, depth: 4).withoutReads == whole)
            #expect(SplitOutcome(ofSingleBytes: bytes, maximumBytes: 64, depth: 4).withoutReads == whole)
        }
    }

    @Test(arguments: unfinished)
    func `a read tells where the message begins that has not ended`(_ text: String, _ ends: [Int], _ start: Int?) {
        var splitter = MessageSplitter(maximumBytes: 4096, depth: 64)
        let scan = scan(text, &splitter)
        #expect(scan.ends == ends)
        #expect(scan.unfinished == start)
        #expect(scan.lastByteIsUnfinished == (start != nil))
        #expect(splitter.isInsideMessage == (start != nil))
        #expect(scan.failure == nil)
    }

    @Test func `a message that began in an earlier read begins at the first byte of the next`() {
        var splitter = MessageSplitter(maximumBytes: 4096, depth: 64)
        #expect(scan(" {\"a\"", &splitter).unfinished == 1)
        #expect(scan("", &splitter).unfinished == 0)
        #expect(scan("\n", &splitter).unfinished == 0)
        let last = scan(":1}\n\n{}[", &splitter)
        #expect(last.ends == [3, 7])
        #expect(last.unfinished == 7)
        let separator = scan("]\n", &splitter)
        #expect(separator.ends == [1])
        #expect(separator.unfinished == nil)
        #expect(separator.hadContent)
    }

    @Test(arguments: [("", false), ("\n", false), (" \t\r\n\0", false), ("{}", true), ("\n{", true), ("x", true)])
    func `separators alone are no content`(_ text: String, _ expected: Bool) {
        var splitter = MessageSplitter(maximumBytes: 4096, depth: 64)
        #expect(scan(text, &splitter).hadContent == expected)
    }

    @Test(arguments: separators)
    func `a NUL between messages is noticed and one inside a message is a fault`(_ text: String, _ expected: Bool) {
        let bytes = Array(text.utf8)
        #expect(SplitOutcome(of: bytes).separatesByNUL == expected)
        #expect(SplitOutcome(ofSingleBytes: bytes).separatesByNUL == expected)
    }

    private func scan(_ text: String, _ splitter: inout MessageSplitter) -> MessageSplitter.Scan {
        Array(text.utf8).withUnsafeBufferPointer { splitter.scan($0) }
    }

    static let messages = [
        #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "[]", "{}", #"[{"a":"}]\"{["},{"b":[1,2.5e3,-0]}]"#,
        "{\n  \"jsonrpc\": \"2.0\",\r\n\t\"id\": \"\\u0041\\\\\",\n  \"method\": \"é漢😀\"\n}",
    ]

    static let streams: [Stream] = ["\n", "\0", "", " ", "\r\n", "\n\n\n", " \t\0\n"].flatMap { separator in
        [
            Stream(messages, separator, endsInSeparator: true), Stream(messages, separator, endsInSeparator: false),
            Stream(messages.reversed(), separator, endsInSeparator: true),
        ]
    }

    static let unfinished: [(String, [Int], Int?)] = [
        ("", [], nil), ("\n", [], nil), ("{}", [2], nil), ("{}\n", [2], nil), ("{", [], 0), ("\n\n[1", [], 2),
        ("{}{", [2], 2), ("{}\n{", [2], 3), ("{}\0[]\0 {\"a\":1", [2, 5], 7), ("{\"a\":1  ", [], 0),
        ("[][][]", [2, 4, 6], nil),
    ]

    static let separators = [
        ("{}\n{}", false), ("{}\0", true), ("{}\0{}", true), ("\0", true), ("{}\n{}\n\0", true),
        ("{\"a\":\"\\u0000\"}\n", false),
        ("{\"a\":\0}", false), ("[\"\0\"]", false), ("{}{}", false),
    ]
}

/// Messages one after the other, and where each ends.
struct Stream: CustomTestStringConvertible, Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []

    init(_ messages: [String], _ separator: String, endsInSeparator: Bool) {
        for (index, message) in messages.enumerated() {
            bytes += Array(message.utf8)
            ends.append(bytes.count)
            if endsInSeparator || index + 1 < messages.count { bytes += Array(separator.utf8) }
        }
    }

    var testDescription: String { String(decoding: bytes, as: UTF8.self).debugDescription }
}
