// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@testable import GatehouseAntivirus

struct SPEVerdictThreatTests {
    @Test(arguments: [
        "threats", "threatList", "ThreatInfo", "infections", "infectionInfo", "violations", "VIOLATIONS",
        "listOfThreats",
    ])
    func `a list that is called like findings makes any answer infected`(name: String) throws {
        for element in [#"{"violationName": "Eicar"}"#, #""Eicar""#, "{}", "null", "1"] {
            let judgement = SPEVerdictRule.judge(
                try SPEAnswer.clean.with(name, "[\(element)]").object,
                size: SPEAnswer.cleanSize
            )
            #expect(judgement.verdict == .infected, "\(element)")
            #expect(judgement.fileStatus == nil, "CLEAN must not stand beside a finding")
            #expect(judgement.threats.count == 1)
            #expect(judgement.reason == nil)
        }
    }

    @Test(arguments: [
        "violationName", "violationId", "threatCategory", "threadCategory", "disposition", "fileunscannable",
    ])
    func `a list of any name counts when its objects look like findings`(member: String) throws {
        let answer = SPEAnswer.clean.with("details", #"[{"other": 1}, {"\#(member)": null}]"#)
        #expect(SPEVerdictRule.judge(try answer.object, size: nil).verdict == .infected)
    }

    @Test func `a finding that stands alone instead of in a list is a finding too`() throws {
        let finding = #"{"violationName": "Eicar", "violationId": "11101"}"#
        for name in ["threats", "ThreatInfo", "details"] {
            let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.with(name, finding).object, size: nil)
            #expect(judgement.verdict == .infected, "\(name)")
            #expect(judgement.threats.first?.name == "Eicar")
        }
    }

    @Test(arguments: [
        #"{"threats": [{"violationName": "Eicar"}]}"#, #"[{"fileName": "a", "violations": ["Eicar"]}]"#,
        #"{"a": [[{"b": {"violationName": "Eicar"}}]]}"#,
    ])
    func `a list of findings counts wherever in the answer it stands`(text: String) throws {
        let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.with("result", text).object, size: nil)
        #expect(judgement.verdict == .infected)
        #expect(judgement.threats.map(\.name) == ["Eicar"])
    }

    @Test(arguments: [
        (#"{"infected": true}"#, Judgement.Verdict.notScanned), (#"[{"malware": "Eicar"}]"#, .notScanned),
        (#"{"threats": [], "infected": false, "virus": null}"#, .clean), (#"[[], {}, [{"size": 1}]]"#, .clean),
        (#"{"virusDefinitions": {"revision": "7"}}"#, .clean),
    ])
    func `what names a finding counts wherever it stands, where it says something`(
        text: String,
        verdict: Judgement.Verdict
    ) throws {
        let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.with("result", text).object, size: nil)
        #expect(judgement.verdict == verdict)
    }

    @Test(arguments: ["threats", "infections", "violations", "details"])
    func `an empty list finds nothing`(name: String) throws {
        let answer = SPEAnswer.clean.with(name, "[]")
        #expect(SPEVerdictRule.judge(try answer.object, size: nil).verdict == .clean)
    }

    @Test(arguments: [#"["a"]"#, #"[{"size": 1}]"#, "null", #""none""#, "{}"])
    func `members that are no findings change nothing`(text: String) throws {
        let answer = SPEAnswer.clean.with("details", text)
        #expect(SPEVerdictRule.judge(try answer.object, size: nil).verdict == .clean)
    }

    @Test func `an empty list before a full one does not hide it`() throws {
        let answer = SPEAnswer.clean.with("threats", "[]").with("violations", #"["Eicar"]"#)
        #expect(SPEVerdictRule.judge(try answer.object, size: nil).verdict == .infected)
    }

    @Test(arguments: [
        "threats", "threatName", "violationName", "virus", "Infected", "violations", "infectedFiles", "viruses",
        "malwareName",
    ])
    func `an answer that names a finding in no known form is never clean`(name: String) throws {
        for value in [#""Eicar""#, "3", "true", #"{"a": 1}"#, "1e-9", #"["Eicar"]"#] {
            // A list under a name that lists of findings have is one.
            let isListName = ["threat", "violation"].contains { name.lowercased().contains($0) }
            if value.hasPrefix("["), isListName { continue }
            let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.with(name, value).object, size: nil)
            #expect(judgement.verdict == .notScanned && judgement.reason == "unknownAnswer", "\(name): \(value)")
        }
        for value in [#""""#, "0", "false", "null", "{}", "[]"] {
            let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.with(name, value).object, size: nil)
            #expect(judgement.verdict == .clean, "\(name): \(value)")
        }
    }

    @Test(arguments: ["virusDefinitions", "virusEngineVersion", "malwareScanEnabled", "virusDefinitionDate"])
    func `what an answer says of the engine is no finding`(name: String) throws {
        for value in [#""2026-11-22""#, "7", "true", #"["a"]"#] {
            #expect(SPEVerdictRule.judge(try SPEAnswer.clean.with(name, value).object, size: nil).verdict == .clean)
        }
    }

    @Test func `a finding keeps the fields of both sibling interfaces`() throws {
        let list = """
            [{"fileName": "a.txt", "violationName": "EICAR", "violationId": 11101, "threatCategory": "Virus",
              "disposition": "NOT_REPAIRED"}, {"name": "B", "id": "2", "threadCategory": "C", "file": "D"}]
            """
        let threats = SPEVerdictRule.judge(try SPEAnswer.clean.with("threats", list).object, size: nil).threats
        let first = Judgement.Threat(
            name: "EICAR",
            id: "11101",
            category: "Virus",
            file: "a.txt",
            disposition: "NOT_REPAIRED"
        )
        #expect(threats == [first, Judgement.Threat(name: "B", id: "2", category: "C", file: "D")])
    }

    @Test func `findings are capped and cleaned`() throws {
        let name = String(repeating: "x", count: 300)
        let element = #"{"violationName": "\#(name)"}, {"violationName": "a\u001b[2Jb\u0000c"}"#
        let list = "[" + Array(repeating: element, count: 100).joined(separator: ", ") + "]"
        let threats = SPEVerdictRule.judge(try SPEAnswer.clean.with("threats", list).object, size: nil).threats
        #expect(threats.count == 64)
        #expect(threats[0].name == String(repeating: "x", count: 255))
        #expect(threats[1].name == "a [2Jb c")
    }

    @Test(arguments: [
        ("SCAN_SUCCESS", "1"), ("SCAN_FAILURE", "1"), ("SCAN_FAILURE", #""2""#),
    ])
    func `CLEAN with infections is infected and never shows the word CLEAN`(scanStatus: String, count: String) throws {
        let answer = SPEAnswer.clean.with("scanStatus", "\"\(scanStatus)\"").with("totalInfections", count)
        let judgement = SPEVerdictRule.judge(try answer.object, size: nil)
        #expect(judgement.verdict == .infected)
        #expect(judgement.fileStatus == nil)
    }
}
