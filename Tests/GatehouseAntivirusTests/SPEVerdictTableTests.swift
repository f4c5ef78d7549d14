// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@testable import GatehouseAntivirus

/// Every combination of the documented words and counts against what each of them means by itself.
struct SPEVerdictTableTests {
    enum Meaning: Sendable {
        case good
        case infected
        case bad(reason: String?)
    }

    struct FileStatus: Sendable, CustomTestStringConvertible {
        let text: String?
        let meaning: Meaning
        var testDescription: String { text ?? "absent" }

        init(_ text: String?, _ meaning: Meaning) {
            self.text = text.map { "\"\($0)\"" }
            self.meaning = meaning
        }
    }

    static let fileStatuses = [
        FileStatus("CLEAN", .good),
        FileStatus("FULLY_REPAIRED", .infected),
        FileStatus("INFECTED_UNREPAIRED", .infected),
        FileStatus("INFECTED_REPAIRED", .infected),
        FileStatus("INFECTED_REPLACED", .infected),
        FileStatus("INFECTED_", .infected),
        FileStatus("INTERNAL_SERVER_ERROR", .bad(reason: "internalServerError")),
        FileStatus("FILE_ACCESS_FAILED", .bad(reason: "fileAccessFailed")),
        FileStatus("FILE_SIZE_TOO_LARGE", .bad(reason: "fileSizeTooLarge")),
        FileStatus("NO_AV_LICENSE", .bad(reason: "noAvLicense")),
        FileStatus("RESOURCE_UNAVAILABLE", .bad(reason: "resourceUnavailable")),
        FileStatus("PARTIALLY_REPAIRED", .bad(reason: "partiallyRepaired")),
        FileStatus("SOMETHING_NEW_2", .bad(reason: "somethingNew2")),
        FileStatus("clean", .bad(reason: nil)),
        FileStatus("Clean", .bad(reason: nil)),
        FileStatus("CLEAN ", .bad(reason: nil)),
        FileStatus(#"CLEAN\u0000"#, .bad(reason: nil)),
        FileStatus(#"CLEAN\n"#, .bad(reason: nil)),
        FileStatus("CLEAN\u{200B}", .bad(reason: nil)),
        FileStatus("\u{FF23}LEAN", .bad(reason: nil)),
        FileStatus("CLEAN\u{301}", .bad(reason: nil)),
        FileStatus("C\u{13DE}EAN", .bad(reason: nil)),
        FileStatus("", .bad(reason: nil)),
        FileStatus("_CLEAN", .bad(reason: nil)),
        FileStatus("CLEAN_", .bad(reason: nil)),
        FileStatus("NOT__CLEAN", .bad(reason: nil)),
        FileStatus(nil, .bad(reason: nil)),
    ]

    static let scanStatuses: [(text: String?, meaning: Meaning)] = [
        (#""SCAN_SUCCESS""#, .good), (#""SCAN_FAILURE""#, .bad(reason: "scanFailure")),
        (#""scan_success""#, .bad(reason: nil)), (#""SCAN_SUCCESS ""#, .bad(reason: nil)),
        (#""SCAN_TIMEOUT""#, .bad(reason: "scanTimeout")), (#""CLEAN""#, .bad(reason: nil)),
        ("1", .bad(reason: nil)), ("true", .bad(reason: nil)), ("null", .bad(reason: nil)), (nil, .bad(reason: nil)),
    ]

    static let infections: [(text: String?, meaning: Meaning)] = [
        ("0", .good), ("0.0", .good), ("-0", .good), ("1", .infected), ("1.0", .infected), ("0.5", .infected),
        ("9223372036854775808", .infected), ("1e999", .infected), (#""1""#, .infected), (#""0.5""#, .infected),
        ("-1", .bad(reason: nil)), (#""0""#, .bad(reason: nil)), (#""""#, .bad(reason: nil)),
        (#""nan""#, .bad(reason: nil)), ("null", .bad(reason: nil)), ("false", .bad(reason: nil)),
        ("true", .bad(reason: nil)), ("[]", .bad(reason: nil)), ("{}", .bad(reason: nil)), (nil, .bad(reason: nil)),
    ]

    /// With a file of 13 bytes.
    static let bytesScanned: [(text: String?, isGood: Bool)] = [
        (nil, true), ("-1", true), ("-1.0", true), ("13", true), ("14", true), ("1e3", true),
        ("9223372036854775807", true), ("0", false), ("12", false), ("12.5", false), ("13.5", false), ("-2", false),
        ("-9223372036854775808", false), ("9223372036854775808", false), ("1e999", false), (#""13""#, false),
        ("null", false), ("[13]", false), ("true", false),
    ]

    static let filesScanned: [(text: String?, isGood: Bool)] = [
        (nil, true), ("-1", true), ("1", true), ("7", true), ("0", false), ("-2", false), ("0.5", false),
        (#""1""#, false), ("null", false),
    ]

    @Test(arguments: fileStatuses)
    func `every combination of words and infections gets the verdict that its worst part asks for`(
        fileStatus: FileStatus
    ) throws {
        for scanStatus in Self.scanStatuses {
            for infections in Self.infections {
                let answer = SPEAnswer.clean.with("fileStatus", fileStatus.text).with("scanStatus", scanStatus.text)
                    .with("totalInfections", infections.text).with("bytesScanned", "13")
                let meanings = [fileStatus.meaning, scanStatus.meaning, infections.meaning]
                let object = try answer.object
                check(SPEVerdictRule.judge(object, size: 13), meanings, countsAreGood: true, answer)
                check(SPEVerdictRule.judge(object, size: 14), meanings, countsAreGood: false, answer)
            }
        }
    }

    @Test func `every combination of counts is clean only where both are`() throws {
        for bytes in Self.bytesScanned {
            for files in Self.filesScanned {
                let answer = SPEAnswer.clean.with("bytesScanned", bytes.text).with("totalFilesScanned", files.text)
                let isGood = bytes.isGood && files.isGood
                check(SPEVerdictRule.judge(try answer.object, size: 13), [], countsAreGood: isGood, answer)
                let infected = answer.with("totalInfections", "1")
                check(SPEVerdictRule.judge(try infected.object, size: 13), [.infected], countsAreGood: isGood, infected)
            }
        }
    }

    private func check(_ judgement: Judgement, _ meanings: [Meaning], countsAreGood: Bool, _ answer: SPEAnswer) {
        var wanted: Judgement.Verdict = countsAreGood ? .clean : .notScanned
        var reason: String?
        for meaning in meanings {
            guard case .bad(let word) = meaning else { continue }
            wanted = .notScanned
            reason = reason ?? word
        }
        for case .infected in meanings { wanted = .infected }
        let wantedReason = wanted == .notScanned ? reason ?? "unknownAnswer" : nil
        guard judgement.verdict != wanted || judgement.reason != wantedReason else { return }
        Issue.record("\(answer): \(judgement.verdict) \(judgement.reason ?? "-"), not \(wanted) \(wantedReason ?? "-")")
    }

    @Test func `the real example of the protocol page is clean and keeps its fields`() throws {
        let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.object, size: SPEAnswer.cleanSize)
        #expect(judgement.verdict == .clean)
        #expect(judgement.reason == nil)
        #expect(judgement.scanStatus == "SCAN_SUCCESS")
        #expect(judgement.fileScanned == "100mb.pdf")
        #expect(judgement.fileStatus == "CLEAN")
        #expect(judgement.totalInfections == 0)
        #expect(judgement.bytesScanned == 104_970_204)
        #expect(judgement.totalFilesScanned == 1)
        #expect(judgement.threats.isEmpty)
        #expect(judgement.definitions == "2024-12-03 rev 007")
        #expect(try judgement.raw == SPEAnswer.clean.object)
    }

    @Test func `one byte less than the file is not a scan of the file`() throws {
        let object = try SPEAnswer.clean.object
        #expect(SPEVerdictRule.judge(object, size: SPEAnswer.cleanSize + 1).verdict == .notScanned)
        #expect(SPEVerdictRule.judge(object, size: SPEAnswer.cleanSize - 1).verdict == .clean)
        #expect(SPEVerdictRule.judge(object, size: .max).verdict == .notScanned)
        #expect(SPEVerdictRule.judge(object, size: nil).verdict == .clean)
    }

    @Test func `an empty file is clean when the engine says so`() throws {
        let object = try SPEAnswer.clean.with("bytesScanned", "0").object
        #expect(SPEVerdictRule.judge(object, size: 0).verdict == .clean)
    }

    @Test func `without a known size a negative count is still no scan`() throws {
        let object = try SPEAnswer.clean.with("bytesScanned", "-2").object
        #expect(SPEVerdictRule.judge(object, size: nil).verdict == .notScanned)
    }

    @Test(arguments: ["scanStatus", "fileStatus", "totalInfections"])
    func `an answer without one of its three words is not scanned`(missing: String) throws {
        let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.with(missing, nil).object, size: nil)
        #expect(judgement.verdict == .notScanned)
        #expect(judgement.reason == "unknownAnswer")
        #expect(judgement.fileStatus == nil)
    }

    @Test(arguments: [
        "SCANSTATUS", "ScanStatus", "scanstatus", "scanStatus ", "scan\u{212A}Status", "scanSta\u{301}tus",
    ])
    func `a name that only looks like the right one is another name`(name: String) throws {
        let answer = SPEAnswer.clean.with("scanStatus", nil).with(name, #""SCAN_SUCCESS""#)
        #expect(SPEVerdictRule.judge(try answer.object, size: nil).verdict == .notScanned)
    }

    @Test(arguments: [
        ("INFECTED", "infected"), ("CLEAN2", "clean2"), ("A", "a"), ("A_B_C", "aBC"),
        (String(repeating: "A", count: 64), String(repeating: "a", count: 64)),
    ])
    func `a word of the engine becomes the reason in camel case`(word: String, reason: String) throws {
        let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.with("fileStatus", "\"\(word)\"").object, size: nil)
        #expect(judgement.verdict == .notScanned)
        #expect(judgement.reason == reason)
        #expect(judgement.fileStatus == word)
    }

    @Test(arguments: ["1A", "A-B", "A B", "É", "A\u{301}", String(repeating: "A", count: 65), "{}", "a"])
    func `what is no such word does not become a reason`(word: String) throws {
        let judgement = SPEVerdictRule.judge(try SPEAnswer.clean.with("fileStatus", "\"\(word)\"").object, size: nil)
        #expect(judgement.verdict == .notScanned)
        #expect(judgement.reason == "unknownAnswer")
    }
}
