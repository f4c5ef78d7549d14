// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// What clamd's reply to a scan means.
///
/// Only `OK` is clean. With `AlertExceedsMax` and `AlertEncrypted` clamd reports as found what it did not look into
/// (clamd.conf(5)): that is no infection, and not clean either.
enum ClamdVerdictRule {
    /// Judges a reply; throws where it is no answer about the file.
    static func judge(_ reply: ClamdReply, definitions: String?) throws(AntivirusError) -> Judgement {
        switch reply {
        case .ok: return Judgement(verdict: .clean, definitions: definitions)
        case .found(let name): return found(name, definitions)
        case .streamTooLong:
            throw AntivirusError(
                .refused,
                "the file is larger than clamd takes in a stream: raise its StreamMaxLength",
                upstream: answer("INSTREAM size limit exceeded"),
                requestMayHaveLeft: true
            )
        case .error(let text):
            throw AntivirusError(
                .failed,
                "clamd answered with an error",
                upstream: answer(text),
                requestMayHaveLeft: true
            )
        case .nothing:
            throw AntivirusError(
                .unreachable,
                "clamd closed the connection without an answer",
                requestMayHaveLeft: true
            )
        case .unintelligible(let text):
            throw AntivirusError(
                .unintelligible,
                "clamd's answer is none to a scan",
                upstream: answer(text),
                requestMayHaveLeft: true
            )
        }
    }

    private static func found(_ name: String?, _ definitions: String?) -> Judgement {
        var judgement = Judgement(verdict: .infected, definitions: definitions)
        var raw = JSONObject()
        raw["found"] = name.map { .string($0) } ?? .null
        judgement.raw = raw
        if let reason = name.flatMap(reason) {
            judgement.verdict = .notScanned
            judgement.reason = reason
        } else {
            judgement.threats = [Judgement.Threat(name: name)]
        }
        return judgement
    }

    /// Why clamd did not look into the file; nil for the name of malware.
    ///
    /// The names are those of ClamAV 1.4: `Heuristics.Limits.Exceeded.MaxFileSize`, `Heuristics.Encrypted.Zip`, and so on.
    static func reason(_ name: String) -> String? {
        let limit = "Heuristics.Limits.Exceeded"
        if name.hasPrefix("Heuristics.Encrypted.") || name == "Heuristics.Encrypted" { return "encrypted" }
        guard name == limit || name.hasPrefix(limit + ".") else { return nil }
        let which = name.dropFirst(limit.count + 1)
        guard let first = which.utf8.first, (0x41...0x5A).contains(first), which.utf8.count <= 40,
            which.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) })
        else { return "limitExceeded" }
        return which.prefix(1).lowercased() + which.dropFirst() + "Exceeded"
    }

    private static func answer(_ text: String) -> UpstreamAnswer {
        UpstreamAnswer(name: "clamd", text: text)
    }
}
