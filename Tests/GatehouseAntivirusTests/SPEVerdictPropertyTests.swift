// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@testable import GatehouseAntivirus

/// Generated answers against the clean conditions of contract section 3, written down a second time in another way.
struct SPEVerdictPropertyTests {
    private static let words = [
        #""CLEAN""#, #""SCAN_SUCCESS""#, #""SCAN_FAILURE""#, #""FULLY_REPAIRED""#, #""INFECTED_REPLACED""#,
        #""NO_AV_LICENSE""#, #""clean""#, #""""#, #""C_L""#, "null", "0", "true", "[]", "{}", #"["CLEAN"]"#,
    ]
    private static let numbers = [
        "0", "-1", "1", "13", "12", "0.0", "1.0", "0.5", "-0", "1e2", "-1e0", "99999999999999999999", "1e999", #""0""#,
        #""13""#, "null", "false", "[0]",
    ]
    private static let lists = [
        "[]", "{}", "null", #"["x"]"#, #"[{"violationId": 1}]"#, #"[{"a": 1}]"#, #"{"violationName": "x"}"#, #""x""#,
        #"{"a": [[{"violationId": 1}]]}"#, #"[{"b": {"violationName": "x"}}]"#, #"[{"c": [{}]}]"#,
    ]

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `clean only ever comes out where every clean condition holds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var cleanCount = 0
        for _ in 0..<5000 {
            let answer = generate(&random)
            let size = [nil, 0, 13, 14, Int64.max].randomElement(using: &random) ?? nil
            let object = try answer.object
            let judgement = SPEVerdictRule.judge(object, size: size)
            let mayBeClean = Self.everyCleanConditionHolds(object, size: size)
            if judgement.verdict == .clean { cleanCount += 1 }
            guard (judgement.verdict == .clean) == mayBeClean, isConsistent(judgement) else {
                Issue.record("\(answer) of \(size.map(String.init) ?? "no") bytes: \(judgement.verdict)")
                continue
            }
        }
        // A generator that never makes a clean answer would prove nothing.
        #expect(cleanCount > 100)
    }

    private func isConsistent(_ judgement: Judgement) -> Bool {
        let isClean = judgement.verdict == .clean
        return (judgement.fileStatus == "CLEAN") == isClean && judgement.reason != "clean"
            && (judgement.reason != nil) == (judgement.verdict == .notScanned)
            && (judgement.threats.isEmpty || judgement.verdict == .infected)
    }

    private func generate(_ random: inout SeededGenerator) -> SPEAnswer {
        var answer = SPEAnswer.clean.with("bytesScanned", "13")
        // Few changes each, so that single faults in otherwise clean answers are common.
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let (name, pool) =
                [
                    ("scanStatus", Self.words), ("fileStatus", Self.words), ("totalInfections", Self.numbers),
                    ("bytesScanned", Self.numbers), ("totalFilesScanned", Self.numbers), ("threats", Self.lists),
                    ("result", Self.lists), ("fileScanned", Self.words), ("extra", Self.numbers),
                ].randomElement(using: &random) ?? ("", [])
            answer = answer.with(name, random.chance(0.15) ? nil : pool.randomElement(using: &random))
        }
        answer.members.shuffle(using: &random)
        return answer
    }

    /// The rule's third line and the exclusions of its second, over the members and the numbers' own texts.
    static func everyCleanConditionHolds(_ object: JSONObject, size: Int64?) -> Bool {
        var seen: Set<String> = []
        for (name, value) in object.members {
            seen.insert(name)
            switch (name, value) {
            case ("scanStatus", .string("SCAN_SUCCESS")), ("fileStatus", .string("CLEAN")): continue
            case ("scanStatus", _), ("fileStatus", _): return false
            case ("totalInfections", .number(let count)):
                guard ["0", "0.0", "-0"].contains(count.text) else { return false }
            case ("totalInfections", _): return false
            case ("bytesScanned", .number(let count)):
                guard isMinusOne(count) || whole(count).map({ $0 >= size ?? 0 }) == true else { return false }
            case ("totalFilesScanned", .number(let count)):
                guard isMinusOne(count) || whole(count).map({ $0 > 0 }) == true else { return false }
            case ("bytesScanned", _), ("totalFilesScanned", _): return false
            case ("threats", .string(let text)) where !text.isEmpty: return false
            case ("threats", .array(let elements)) where !elements.isEmpty: return false
            case (_, .array), (_, .object): guard !holdsFinding(value) else { return false }
            default: continue
            }
        }
        return seen.isSuperset(of: ["scanStatus", "fileStatus", "totalInfections"])
    }

    private static func isMinusOne(_ number: JSONNumber) -> Bool { ["-1", "-1e0", "-1.0"].contains(number.text) }

    /// The numbers of the pool that 64 bits hold.
    private static func whole(_ number: JSONNumber) -> Int64? {
        ["0": 0, "0.0": 0, "-0": 0, "1": 1, "1.0": 1, "12": 12, "13": 13, "1e2": 100][number.text]
    }

    /// By the text: no other member of the pool has such a name.
    private static func holdsFinding(_ value: JSONValue) -> Bool {
        value.text.contains("violationId") || value.text.contains("violationName")
    }
}
