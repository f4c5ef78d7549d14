// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `Streams that hold something else than messages` {
    @Test(arguments: faults)
    func `the fault is found at its byte, after the messages before it`(_ fault: Fault) {
        let bytes = Array(fault.text.utf8)
        let whole = SplitOutcome(of: bytes)
        #expect(whole.ends == fault.ends)
        #expect(whole.failure == fault.failure)
        let single = SplitOutcome(ofSingleBytes: bytes)
        #expect(single.ends == fault.ends)
        #expect(single.failure == fault.failure)
        #expect(single.reads == fault.offset + 1)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "HEAD /", "POST /rpc", "PUT /", "DELETE /", "CONNECT a:1", "OPTIONS *", "TRACE /",
        "PATCH /", "PRI * HTTP/2.0\r\n\r\nSM", "\u{16}\u{3}\u{1}\u{2}", "\u{16}\u{3}\u{3}",
    ])
    func `the first bytes of HTTP and TLS are recognised, also by the first one alone`(_ text: String) {
        let bytes = Array(text.utf8)
        for count in 1...bytes.count {
            #expect(SplitOutcome(of: Array(bytes[..<count])).failure == .anotherProtocol)
        }
        #expect(SplitOutcome(of: [0x0D, 0x0A] + bytes).failure == .anotherProtocol)
        #expect(SplitOutcome(ofSingleBytes: bytes).reads == 1)
    }

    @Test(arguments: [
        "GETTY", "Content-Length: 2\r\n", "get / HTTP/1.1", "HELO", "PRI x", "\u{16}\u{4}", "SSH-2.0-x", "EHLO x",
        "<xml/>", "\u{80}",
    ])
    func `other first bytes are only malformed`(_ text: String) {
        #expect(SplitOutcome(of: Array(text.utf8)).failure == .malformed)
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n", "\u{16}\u{3}\u{1}"])
    func `after a message nobody changes the protocol`(_ text: String) {
        #expect(SplitOutcome(of: Array("{}\n\(text)".utf8)).failure == .malformed)
        #expect(SplitOutcome(ofSingleBytes: Array("{}\n\(text)".utf8)).failure == .malformed)
    }

    @Test(arguments: ["1", "-1", "0", "9", "\"a\"", "\"", "true", "false", "null", "t", "n", "123456"])
    func `a value that is no object or array is no message`(_ text: String) {
        for before in ["", "\n", "{}", "[]\0"] {
            #expect(SplitOutcome(of: Array((before + text).utf8)).failure == .notAMessage)
            #expect(SplitOutcome(ofSingleBytes: Array((before + text).utf8)).failure == .notAMessage)
        }
    }

    @Test(arguments: [16, 17, 40])
    func `a message may have as many bytes as allowed and not one more`(_ limit: Int) {
        let exact = Array(("{\"a\":\"" + String(repeating: "x", count: limit - 8) + "\"}").utf8)
        #expect(exact.count == limit)
        let over = Array("{ ".utf8) + exact.dropFirst()
        let separators = Array(repeating: UInt8(0x0A), count: limit * 2)
        let twice = exact + separators + exact
        let ends = [limit, limit * 4]
        for cuts in [[], [1], [limit - 1], [limit], [limit + 3], Array(1..<twice.count)] {
            #expect(SplitOutcome(of: twice, cutAt: cuts, maximumBytes: limit).ends == ends)
            #expect(SplitOutcome(of: twice, cutAt: cuts, maximumBytes: limit).failure == nil)
            let outcome = SplitOutcome(of: exact + over + over, cutAt: cuts, maximumBytes: limit)
            #expect(outcome.ends == [limit])
            #expect(outcome.failure == .tooLarge)
        }
        #expect(SplitOutcome(ofSingleBytes: over, maximumBytes: limit).reads == limit + 1)
    }

    @Test func `a message without an end is refused as soon as it is too large`() {
        let bytes = Array("[\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 100)
        #expect(SplitOutcome(of: bytes, maximumBytes: 102).failure == nil)
        #expect(SplitOutcome(of: bytes, maximumBytes: 101).failure == .tooLarge)
        #expect(SplitOutcome(ofSingleBytes: bytes, maximumBytes: 50).reads == 51)
    }

    @Test(arguments: [1, 2, 64])
    func `a message may be as deep as allowed and no deeper`(_ depth: Int) {
        let exact = Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        let over = Array(repeating: UInt8(ascii: "["), count: depth + 1)
        #expect(SplitOutcome(of: exact + exact, depth: depth).ends == [2 * depth, 4 * depth])
        #expect(SplitOutcome(of: exact + over, depth: depth).failure == .tooDeep)
        #expect(SplitOutcome(of: exact + over, depth: depth).ends == [2 * depth])
        #expect(SplitOutcome(ofSingleBytes: over, depth: depth).reads == depth + 1)
    }

    /// A stream with a fault, the offset of the byte that shows it, and the messages that end before it.
    struct Fault: CustomTestStringConvertible, Sendable {
        let text: String
        let failure: MessageSplitter.Failure
        let offset: Int
        let ends: [Int]

        init(_ text: String, _ failure: MessageSplitter.Failure = .malformed, at offset: Int, after ends: [Int] = []) {
            self.text = text
            self.failure = failure
            self.offset = offset
            self.ends = ends
        }

        var testDescription: String { text.debugDescription }
    }

    static let faults: [Fault] = [
        Fault("]", at: 0), Fault("}", at: 0), Fault(",", at: 0), Fault("x", at: 0), Fault("'", at: 0),
        Fault("+1", at: 0),
        Fault("\u{FEFF}{}", at: 0), Fault("\u{1}", at: 0), Fault("\u{B}{}", at: 0), Fault("\u{1E}{}", at: 0),
        Fault("{}}", at: 2, after: [2]), Fault("{}]", at: 2, after: [2]), Fault("{},{}", at: 2, after: [2]),
        Fault("[1]\n[2]\n]", at: 8, after: [3, 7]), Fault("{}\n{]", at: 4, after: [2]),
        Fault("[]\0[}", at: 4, after: [2]),
        Fault("{\"a\":1]", at: 6), Fault("{\"a\":1,}", at: 7), Fault("{\"a\":nil}", at: 6), Fault("[\"\n\"]", at: 2),
        Fault("{\"a\":\0}", at: 5), Fault("[\"\0\"]", at: 2), Fault("[1,]", at: 3),
        Fault("{}1", .notAMessage, at: 2, after: [2]), Fault("[]null", .notAMessage, at: 2, after: [2]),
        Fault("2:{}", .notAMessage, at: 0), Fault("{}\n\"", .notAMessage, at: 3, after: [2]),
    ]
}
