// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseClient
import GatehouseWire
import Testing

@Suite struct VerdictTests {
    @Test func `clean is clean`() throws {
        let verdict = Verdict(["verdict": "clean", "totalInfections": 0, "threats": [], "size": 13])
        #expect(verdict.isClean)
        #expect(verdict.size == 13)
    }

    @Test(arguments: [
        "null", "[]", "{}", #""clean""#, "true", #"{"verdict":null}"#, #"{"verdict":"Clean"}"#,
        #"{"verdict":"clean "}"#,
        #"{"verdict":"ok"}"#, #"{"verdict":true}"#, #"{"verdict":["clean"]}"#, #"{"Verdict":"clean"}"#,
        #"{"verdict":"clean","threats":[{}]}"#, #"{"verdict":"clean","totalInfections":1}"#,
        #"{"verdict":"clean","totalInfections":"0"}"#, #"{"verdict":"clean","totalInfections":0.5}"#,
    ])
    func `nothing else is clean`(_ text: String) throws {
        let verdict = Verdict(try JSONValue(parsing: text))
        #expect(verdict.outcome == .notScanned)
        #expect(verdict.reason != nil)
    }

    @Test func `threats keep what the engine said of them`() {
        let verdict = Verdict([
            "verdict": "infected",
            "threats": [["name": "A", "id": "1", "category": nil, "file": "x", "disposition": nil], [:]],
        ])
        #expect(verdict.outcome == .infected)
        #expect(verdict.threats.map(\.name) == ["A", nil])
        #expect(verdict.threats.first?.file == "x")
    }

    @Test func `not scanned has its reason`() {
        #expect(Verdict(["verdict": "notScanned", "reason": "changedDuringScan"]).reason == "changedDuringScan")
        #expect(Verdict(["verdict": "notScanned"]).reason == "unknownAnswer")
    }
}
