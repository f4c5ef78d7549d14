// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// What an ICAP answer to a file means: an infection or violation header is infected, 204 is clean, all else is an error.
enum ICAPVerdictRule {
    /// Judges an answer; throws where it is no verdict.
    ///
    /// 204 counts where the request allowed it alone, and the server had all of the file by then: to a preview it says
    /// no more than that the server does not want to see the rest (section 4.5). `knownTag` is the service's tag where
    /// the answer has none.
    static func judge(
        _ reply: EngineReply,
        allowed204: Bool = true,
        knownTag: String? = nil
    ) throws(AntivirusError) -> Judgement {
        guard !reply.bytes.isEmpty else {
            throw AntivirusError(
                .unreachable,
                "the ICAP server closed the connection without an answer",
                requestMayHaveLeft: true
            )
        }
        guard reply.ending == .complete, let head = ICAPReply(reply.bytes) else {
            throw AntivirusError(
                .unintelligible,
                "the ICAP server's answer is none, or only half of one",
                requestMayHaveLeft: true
            )
        }
        let definitions = ICAPOptions.tag(head) ?? knownTag
        if var infected = infected(head) {
            infected.definitions = definitions
            return infected
        }
        // It has no body, and nothing else was asked: whatever that is, it may take back what the head says.
        guard head.status != 204 || !reply.hasMore else {
            throw AntivirusError(
                .unintelligible,
                "the ICAP server sent something behind an answer that ends",
                upstream: UpstreamAnswer(name: "icap", status: 204),
                requestMayHaveLeft: true
            )
        }
        guard head.status != 204 || reply.requestWasSent else {
            throw AntivirusError(
                .unintelligible,
                "the ICAP server passed the file over before it had all of it",
                upstream: UpstreamAnswer(name: "icap", status: 204),
                requestMayHaveLeft: true
            )
        }
        if head.status == 204, allowed204 { return Judgement(verdict: .clean, definitions: definitions) }
        throw error(head.status, allowed204)
    }

    private static func error(_ status: Int, _ allowed204: Bool) -> AntivirusError {
        let (code, message): (AntivirusError.Code, String) =
            switch status {
            case 404: (.refused, "the ICAP server has no such service")
            case 400..<500: (.refused, "the ICAP server refused the request")
            case 500...: (.failed, "the ICAP server failed")
            case 200 where !allowed204:
                (.unintelligible, "the ICAP server gives files back and cannot say that one is clean (Allow: 204)")
            // What it gives back unchanged, it need not have scanned.
            case 200:
                (
                    .unintelligible,
                    "the ICAP server gave the file back without a word on it; is it larger than it scans?"
                )
            default: (.unintelligible, "the ICAP server's answer is no verdict")
            }
        return AntivirusError(
            code,
            message,
            upstream: UpstreamAnswer(name: "icap", status: status),
            requestMayHaveLeft: true
        )
    }

    /// Nil without one of the headers that name a finding.
    ///
    /// `X-Infection-Found`, `X-Violations-Found` and `X-Virus-ID` are the common extensions (draft-stecher-icap-subid,
    /// sections 3.4 and 3.7); Symantec Protection Engine and c-icap send the first two.
    private static func infected(_ head: ICAPReply) -> Judgement? {
        let violations = head.all("x-violations-found").filter { $0.value != "0" }
        let found = head.all("x-infection-found") + violations + head.all("x-virus-id")
        guard !found.isEmpty else { return nil }
        var threats = violations.flatMap(threats(violation:))
        if threats.isEmpty {
            threats =
                head.all("x-infection-found").compactMap { threat(infection: $0.value) }
                + head.all("x-virus-id").compactMap { name($0.value) }.map { Judgement.Threat(name: $0) }
        }
        var raw = JSONObject()
        for header in found {
            raw[header.name] = .string(([header.value] + header.more).joined(separator: " ").onOneLine(maximum: 512))
        }
        raw["status"] = .number(JSONNumber(head.status))
        return Judgement(verdict: .infected, threats: Array(threats.prefix(64)), raw: raw)
    }

    /// The name in `Type=0; Resolution=2; Threat=NAME;`.
    private static func threat(infection: String) -> Judgement.Threat? {
        for part in infection.split(separator: ";") {
            let words = part.split(separator: "=", maxSplits: 1)
            guard words.count == 2, words[0].drop(while: { $0 == " " }).lowercased() == "threat" else { continue }
            return name(String(words[1])).map { Judgement.Threat(name: $0) }
        }
        return nil
    }

    /// Four lines for each: the file, the name, the number, what was done.
    private static func threats(violation header: ICAPReply.Header) -> [Judgement.Threat] {
        stride(from: 0, to: header.more.count - header.more.count % 4, by: 4).map { start in
            Judgement.Threat(
                name: name(header.more[start + 1]),
                id: name(header.more[start + 2]),
                file: name(header.more[start]),
                disposition: name(header.more[start + 3])
            )
        }
    }

    private static func name(_ text: String) -> String? {
        let text = text.onOneLine(maximum: 256)
        return text.isEmpty || text == "-" ? nil : text
    }
}
