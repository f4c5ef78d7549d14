// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseAntivirus

struct ICAPTests {
    private static func reply(_ text: String, _ ending: EngineReply.Ending = .complete) -> EngineReply {
        EngineReply(bytes: Array(text.utf8), ending: ending, requestWasSent: true)
    }

    @Test func `a 204 with something behind it is no verdict`() throws {
        var reply = EngineReply(bytes: Array("ICAP/1.0 204 No\r\n\r\n".utf8), ending: .complete, requestWasSent: true)
        #expect(try ICAPVerdictRule.judge(reply).verdict == .clean)
        reply.hasMore = true
        #expect(throws: AntivirusError.self) { try ICAPVerdictRule.judge(reply) }
        reply.bytes = Array("ICAP/1.0 200 OK\r\nX-Infection-Found: Threat=E;\r\n\r\n".utf8)
        #expect(try ICAPVerdictRule.judge(reply).verdict == .infected)
    }

    @Test func `a request says where its parts begin`() throws {
        let head = ICAPRequest.head(service: "icap://[::1]:99/AVSCAN?action=SCAN", fileName: "a b/\r\n\u{e9}.pdf")
        let text = String(decoding: head, as: UTF8.self)
        #expect(text.hasPrefix("RESPMOD icap://[::1]:99/AVSCAN?action=SCAN ICAP/1.0\r\nHost: [::1]:99\r\n"))
        #expect(text.contains("\r\nGET http://localhost/a%20b%2F%0D%0A%C3%A9.pdf HTTP/1.1\r\n"))
        let end = try #require(text.firstRange(of: "\r\n\r\n"))
        let parts = Array(text[end.upperBound...].utf8)
        let offsets = text.components("res-hdr=", ", res-body=", "\r\n")
        #expect(parts[offsets.0...].starts(with: "HTTP/1.1 200 OK\r\n".utf8))
        #expect(parts.count == offsets.1)
        #expect(!text.contains("Preview"))
    }

    /// What c-icap 0.5.10 with its virus_scan module answers to the test file.
    private static let infected = """
        ICAP/1.0 200 OK\r
        Server: C-ICAP/0.5.10\r
        Connection: close\r
        ISTag: "CI0001-L5CkDhq+qWNs+PZ5DxxXsAAA"\r
        X-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test.UNOFFICIAL;\r
        X-Violations-Found: 1\r
        \t-\r
        \tEicar-Test.UNOFFICIAL\r
        \t0\r
        \t0\r
        Encapsulated: res-hdr=0, res-body=161\r
        \r

        """

    @Test func `a finding is infected, with its name`() throws {
        let judgement = try ICAPVerdictRule.judge(Self.reply(Self.infected))
        #expect(judgement.verdict == .infected)
        let threat = Judgement.Threat(name: "Eicar-Test.UNOFFICIAL", id: "0", disposition: "0")
        #expect(judgement.threats == [threat])
    }

    @Test(arguments: [
        ("X-Infection-Found: Type=0; Resolution=2; Threat=A B;", ["A B"]),
        ("x-infection-found: Threat=A", ["A"]), ("X-Infection-Found: ?", []), ("X-Infection-Found:", []),
        ("X-Virus-ID: Trojan.X", ["Trojan.X"]),
        ("X-Violations-Found: 2\r\n\ta\r\n\tA\r\n\t1\r\n\t0\r\n\tb\r\n\tB\r\n\t2\r\n\t0", ["A", "B"]),
        ("X-Violations-Found: 9\r\n\ta\r\n\tA", []),
    ])
    func `each header of a finding is infected, under 200 and under 204`(_ header: String, _ names: [String]) throws {
        for status in [200, 204, 500] {
            let judgement = try ICAPVerdictRule.judge(Self.reply("ICAP/1.0 \(status) X\r\n\(header)\r\n\r\n"))
            #expect(judgement.verdict == .infected)
            #expect(judgement.threats.map(\.name) == names)
        }
    }

    @Test(arguments: [
        "ICAP/1.0 204 Unmodified\r\nA: b\r\n\r\n", "ICAP/1.0 204\r\n\r\n",
        "ICAP/1.0 204 \r\nX-Violations-Found: 0\r\n\r\n",
    ])
    func `no content is clean`(_ text: String) throws {
        #expect(try ICAPVerdictRule.judge(Self.reply(text)).verdict == .clean)
    }

    @Test(arguments: [
        ("", AntivirusError.Code.unreachable), ("ICAP/1.0 200 OK\r\n\r\n", .unintelligible),
        ("ICAP/1.0 200 OK\r\nX-Violations-Found: 0\r\n\r\n", .unintelligible),
        ("ICAP/1.0 100 Continue\r\n\r\n", .unintelligible), ("ICAP/1.0 206 Partial\r\n\r\n", .unintelligible),
        ("ICAP/1.0 404 Not found\r\n\r\n", .refused), ("ICAP/1.0 403 No\r\n\r\n", .refused),
        ("ICAP/1.0 500 Error\r\n\r\n", .failed), ("ICAP/1.0 503 Busy\r\n\r\n", .failed),
        ("HTTP/1.1 204 No Content\r\n\r\n", .unintelligible), ("ICAP/2.0 204 X\r\n\r\n", .unintelligible),
        ("ICAP/1.0 2040 X\r\n\r\n", .unintelligible), ("ICAP/1.0 20\r\n\r\n", .unintelligible),
        ("ICAP/1.0 204 X\nA: b\r\n\r\n", .unintelligible), ("ICAP/1.0 204 X\r\nno header\r\n\r\n", .unintelligible),
        ("ICAP/1.0 204 X\r\n folded\r\n\r\n", .unintelligible), ("ICAP/1.0 204 X\r\nA b: c\r\n\r\n", .unintelligible),
        ("ICAP/1.0 204 X\r\nA: \0\r\n\r\n", .unintelligible), ("\r\n\r\n", .unintelligible),
    ])
    func `any other answer is an error`(_ text: String, _ code: AntivirusError.Code) {
        let error = #expect(throws: AntivirusError.self) { try ICAPVerdictRule.judge(Self.reply(text)) }
        #expect(error?.code == code)
    }

    @Test(arguments: [EngineReply.Ending.cut, .tooLong])
    func `half an answer is an error`(_ ending: EngineReply.Ending) {
        #expect(throws: AntivirusError.self) {
            try ICAPVerdictRule.judge(Self.reply("ICAP/1.0 204 X\r\n\r\n", ending))
        }
    }

    @Test func `no answer with one byte changed is clean unless it still says 204`() {
        let right = Array("ICAP/1.0 204 X\r\nA: b\r\n\r\n".utf8)
        for index in right.indices {
            for byte in UInt8.min...UInt8.max {
                var bytes = right
                bytes[index] = byte
                let reply = EngineReply(bytes: bytes, ending: .complete, requestWasSent: true)
                guard let judgement = try? ICAPVerdictRule.judge(reply), judgement.verdict == .clean else { continue }
                #expect(bytes.starts(with: "ICAP/1.0 204".utf8))
            }
        }
    }
}

extension String {
    /// The numbers behind the first two marks, up to the next one.
    fileprivate func components(_ first: String, _ second: String, _ end: String) -> (Int, Int) {
        guard let one = firstRange(of: first), let two = self[one.upperBound...].firstRange(of: second),
            let three = self[two.upperBound...].firstRange(of: end)
        else { return (-1, -1) }
        return (
            Int(self[one.upperBound..<two.lowerBound]) ?? -1, Int(self[two.upperBound..<three.lowerBound]) ?? -1
        )
    }
}
