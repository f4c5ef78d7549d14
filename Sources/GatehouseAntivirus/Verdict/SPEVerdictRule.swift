// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseWire

/// The verdict rule for SPE (contract section 3, protocol page section 2.8): fails closed at every turn.
package enum SPEVerdictRule {
    /// Judges the answer to a scan that was answered with HTTP 200 or 201 and an object.
    ///
    /// `size` is the number of bytes that were sent, where they are known. Judged is the answer as it is; of what is shown
    /// `redaction` takes out what nobody may see.
    package static func judge(_ answer: JSONObject, size: Int64?, redaction: Redaction = .none) -> Judgement {
        let threats = threats(in: answer, redaction)
        let verdict = verdict(answer, threats: threats, size: size)
        let fileStatus = answer["fileStatus"]?.string
        return Judgement(
            verdict: verdict,
            reason: verdict == .notScanned ? reason(answer, redaction) : nil,
            scanStatus: answer["scanStatus"]?.string.map { shown($0, 64, redaction) },
            fileScanned: answer["fileScanned"]?.string.map { shown($0, 255, redaction) },
            fileStatus: fileStatus == "CLEAN" && verdict != .clean
                ? nil : fileStatus.map { shown($0, 64, redaction) },
            totalInfections: answer["totalInfections"]?.integer,
            bytesScanned: answer["bytesScanned"]?.integer,
            totalFilesScanned: answer["totalFilesScanned"]?.integer,
            threats: threats ?? [],
            definitions: SPEDefinitions.text(answer).map(redaction.text),
            raw: answer.withoutTokens(redaction)
        )
    }

    /// Of a text that may be as long as the reply only a little more is looked at than is kept.
    private static func shown(_ text: String, _ maximumLength: Int, _ redaction: Redaction) -> String {
        let beginning = String(text.unicodeScalars.prefix(maximumLength * 4 + 1024))
        return redaction.text(beginning).onOneLine(maximum: maximumLength)
    }

    private static func verdict(_ answer: JSONObject, threats: [Judgement.Threat]?, size: Int64?) -> Judgement.Verdict {
        if isInfected(answer) || threats != nil { return .infected }
        return isClean(answer, size: size) ? .clean : .notScanned
    }

    private static func isInfected(_ answer: JSONObject) -> Bool {
        // Any hint of an infection counts, also one that is written as a text.
        let infections = answer["totalInfections"]
        let count = infections?.number?.double ?? infections?.string.flatMap { Double($0) }
        if let count, count > 0 { return true }
        guard let status = answer["fileStatus"]?.string else { return false }
        return status.hasSameBytes(as: "FULLY_REPAIRED") || status.utf8.starts(with: "INFECTED_".utf8)
    }

    private static func isClean(_ answer: JSONObject, size: Int64?) -> Bool {
        guard answer["scanStatus"]?.string?.hasSameBytes(as: "SCAN_SUCCESS") == true,
            answer["fileStatus"]?.string?.hasSameBytes(as: "CLEAN") == true,
            answer["totalInfections"]?.integer == 0, !namesThreat(answer)
        else { return false }
        return isUncountedOr(answer["totalFilesScanned"], atLeast: 1)
            && isUncountedOr(answer["bytesScanned"], atLeast: size ?? 0)
    }

    /// Whether a count is absent, -1 (the engine's option is off: Broadcom article 242211) or high enough.
    private static func isUncountedOr(_ count: JSONValue?, atLeast minimum: Int64) -> Bool {
        guard let count else { return true }
        guard let number = count.integer else { return false }
        return number == -1 || number >= minimum
    }

    // MARK: Reason

    private static func reason(_ answer: JSONObject, _ redaction: Redaction) -> String {
        let fileStatus = answer["fileStatus"]?.string
        if let fileStatus, fileStatus != "CLEAN", let word = camelCase(shown(fileStatus, 255, redaction)) {
            return word
        }
        let scanStatus = answer["scanStatus"]?.string
        if let scanStatus, scanStatus != "SCAN_SUCCESS", let word = camelCase(shown(scanStatus, 255, redaction)) {
            return word
        }
        return "unknownAnswer"
    }

    /// `FILE_ACCESS_FAILED` as `fileAccessFailed`; nil for what is not such a word, or would read as a verdict.
    static func camelCase(_ word: String) -> String? {
        let parts = word.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard word.utf8.count <= 64, word.utf8.first.map({ $0 >= 0x41 && $0 <= 0x5A }) == true,
            parts.allSatisfy({ part in
                !part.isEmpty && part.allSatisfy { ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39) }
            })
        else { return nil }
        let words = parts.map { String(decoding: $0, as: UTF8.self) }
        let tail = words.dropFirst().map { $0.prefix(1) + $0.dropFirst().lowercased() }
        let result = words[0].lowercased() + tail.joined()
        return result == "clean" ? nil : result
    }

    // MARK: Threats

    /// Names of members that carry findings, or that a finding has (protocol page, end of section 2.5).
    private static let listNames = ["threat", "infection", "violation"]
    /// What members are called that would say something of a finding, in whatever form.
    private static let findingNames = ["threat", "infect", "violation", "virus", "malware"]
    /// What they are called if they speak of the engine.
    private static let otherNames = ["definition", "version", "date", "engine", "scan", "enabled"]
    private static let threatMembers = [
        "violationName", "violationId", "threatCategory", "threadCategory", "disposition", "fileunscannable",
    ]

    /// The findings, or nil where there is no list of findings or an empty one.
    ///
    /// The list's name is not documented, so any array counts that is called like one or whose objects look like one.
    /// Some writers of JSON unwrap a list of one, so an object that looks like a finding counts too. Nor is its place
    /// documented: it may stand in a report of its own, or in one for each file. The reader bounds the depth.
    private static func threats(in answer: JSONObject, _ redaction: Redaction) -> [Judgement.Threat]? {
        for (name, value) in answer.members {
            if let found = threats(named: name, value, redaction) { return found }
        }
        return nil
    }

    private static func threats(
        named name: String,
        _ value: JSONValue,
        _ redaction: Redaction
    ) -> [Judgement.Threat]? {
        if looksLikeThreat(value) { return [threat(value, redaction)] }
        switch value {
        case .array(let elements):
            let isNamed = !elements.isEmpty && listNames.contains { name.lowercased().contains($0) }
            if isNamed || elements.contains(where: looksLikeThreat) {
                return elements.prefix(64).map { threat($0, redaction) }
            }
            for element in elements {
                if let found = threats(named: "", element, redaction) { return found }
            }
            return nil
        case .object(let object): return threats(in: object, redaction)
        case .null, .bool, .number, .string: return nil
        }
    }

    /// Whether a member that would name a finding says something, in a form that is no list of findings.
    private static func namesThreat(_ answer: JSONObject) -> Bool {
        answer.members.contains { name, value in
            let name = name.lowercased()
            let isFinding =
                findingNames.contains(where: name.contains) && !otherNames.contains(where: name.contains)
            return isFinding ? saysSomething(value) : namesThreat(within: value)
        }
    }

    private static func namesThreat(within value: JSONValue) -> Bool {
        switch value {
        case .object(let object): namesThreat(object)
        case .array(let elements): elements.contains(where: namesThreat(within:))
        case .null, .bool, .number, .string: false
        }
    }

    private static func saysSomething(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): !text.isEmpty
        case .number(let number): number.double != 0
        case .bool(let isOne): isOne
        case .object(let object): !object.members.isEmpty
        case .array(let elements): !elements.isEmpty
        case .null: false
        }
    }

    private static func looksLikeThreat(_ value: JSONValue) -> Bool {
        threatMembers.contains { value[$0] != nil }
    }

    private static func threat(_ element: JSONValue, _ redaction: Redaction) -> Judgement.Threat {
        func text(_ names: String...) -> String? {
            for name in names {
                switch element[name] {
                case .string(let text)?: return shown(text, 255, redaction)
                case .number(let number)?: return number.text.onOneLine(maximum: 64)
                default: continue
                }
            }
            return nil
        }
        return Judgement.Threat(
            name: text("violationName", "name", "threatName")
                ?? element.string.map { shown($0, 255, redaction) },
            id: text("violationId", "id"),
            category: text("threatCategory", "threadCategory", "category"),
            file: text("fileName", "file"),
            disposition: text("disposition")
        )
    }
}
