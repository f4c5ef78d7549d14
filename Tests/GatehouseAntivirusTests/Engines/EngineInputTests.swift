// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseAntivirus

/// Where a reply ends, whatever pieces it comes in.
struct EngineInputTests {
    private func input(_ end: EngineRequest.ReplyEnd, limit: Int = 64) -> EngineInput {
        EngineInput(EngineRequest(opening: [1], replyEnd: end, replyLimit: limit))
    }

    @Test func `a reply up to the end of the connection is complete there`() {
        var input = input(.closed)
        input.append(Array("fd[1]: OK\0".utf8))
        #expect(input.ending == nil)
        input.close()
        #expect(input.ending == .complete)
        #expect(input.bytes == Array("fd[1]: OK\0".utf8))
    }

    @Test(arguments: 1...9)
    func `a head ends at its first empty line, in pieces of any size`(_ size: Int) {
        let text = Array("ICAP/1.0 204\r\nA: b\r\n\r\nbody".utf8)
        var input = input(.emptyLine)
        for start in stride(from: 0, to: text.count, by: size) {
            input.append(Array(text[start..<min(start + size, text.count)]))
        }
        #expect(input.ending == .complete)
        #expect(input.bytes == Array("ICAP/1.0 204\r\nA: b\r\n\r\n".utf8))
    }

    @Test func `what stands behind a head may be the next one`() {
        var input = input(.emptyLine)
        input.append(Array("A\r\n\r\nB\r\n\r\nC".utf8))
        #expect(input.bytes == Array("A\r\n\r\n".utf8))
        input.next()
        #expect(input.ending == .complete)
        #expect(input.bytes == Array("B\r\n\r\n".utf8))
        input.next()
        #expect(input.ending == nil)
        input.append(Array("\r\n\r\n".utf8))
        #expect(input.bytes == Array("C\r\n\r\n".utf8))
    }

    @Test func `a head without its empty line is cut`() {
        var input = input(.emptyLine)
        input.append(Array("ICAP/1.0 204\r\nA: b\r\n".utf8))
        input.close()
        #expect(input.ending == .cut)
    }

    @Test(arguments: [EngineRequest.ReplyEnd.closed, .emptyLine])
    func `a reply that has no end is too long`(_ end: EngineRequest.ReplyEnd) {
        var input = input(end)
        while input.ending == nil { input.append([UInt8](repeating: 65, count: 10)) }
        #expect(input.ending == .tooLong)
        #expect(input.bytes.count == 64)
    }

    @Test(arguments: [(1, "0001", "1\r\n"), (255, "00FF", "ff\r\n"), (65536, "010000", "10000\r\n")])
    func `a piece stands behind its length`(_ count: Int, _ hexadecimal: String, _ chunked: String) {
        #expect(BodyFraming.lengthPrefixed.head(count).reduce(0) { $0 << 8 | Int($1) } == count)
        #expect(BodyFraming.lengthPrefixed.head(count).count == 4)
        #expect(BodyFraming.chunked.head(count) == Array(chunked.utf8))
        #expect(BodyFraming.chunked.head(count).count <= BodyFraming.longestHead)
    }

    @Test(arguments: [
        (EngineAddress.unix(path: "/run/x"), true), (.host("127.0.0.1", port: 1), true),
        (.host("127.9.9.9", port: 1), true),
        (.host("::1", port: 1), true), (.host("localhost", port: 1), true), (.host("LOCALHOST", port: 1), true),
        (.host("128.0.0.1", port: 1), false), (.host("::2", port: 1), false), (.host("fe80::1", port: 1), false),
        (.host("localhost.example.com", port: 1), false), (.host("0.0.0.0", port: 1), false),
        (.host("127.0.0.1.example.com", port: 1), false),
    ])
    func `only this host is local`(_ address: EngineAddress, _ isLocal: Bool) {
        #expect(address.isLocal == isLocal)
    }
}
