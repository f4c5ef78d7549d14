// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Testing

@testable import GatehouseAntivirus

/// Bodies that came with HTTP 200 and are no scan results.
struct SPEAnswerBodyTests {
    private func reply(_ text: String, status: Int = 200) -> UpstreamReply {
        UpstreamReply(status: status, headers: [], body: Array(text.utf8))
    }

    @Test(arguments: [
        "", " ", "null", "[]", #""CLEAN""#, "true", "0", "<html><body>OK</body></html>", "CLEAN", "\u{FEFF}{}", "{}{}",
        "{}x", "{'a': 1}", #"{"a": 1,}"#, #"{"fileStatus": "INFECTED_UNREPAIRED", "fileStatus": "CLEAN"}"#,
        #"{"fileStatus": "INFECTED_UNREPAIRED", "file\u0053tatus": "CLEAN"}"#, #"{"a": NaN}"#, #"{"a": "\ud800"}"#,
    ])
    func `what is no JSON object is nothing to judge but a fault`(body: String) {
        #expect(reply(body).object == nil)
        #expect(UpstreamFault(reply(body), unixTime: 0).error.code == .unintelligible)
        #expect(UpstreamFault(reply(body), unixTime: 0).rejection == nil)
    }

    @Test func `a clean answer that is cut anywhere is nothing to judge`() {
        let whole = Array(SPEAnswer.clean.description.utf8)
        #expect(UpstreamReply(status: 200, headers: [], body: whole).object != nil)
        for length in 0..<whole.count {
            let cut = UpstreamReply(status: 200, headers: [], body: Array(whole.prefix(length)))
            #expect(cut.object == nil, "cut at \(length)")
        }
    }

    @Test func `a clean answer with any one byte broken is never clean with another meaning`() {
        let whole = Array(SPEAnswer.clean.with("fileStatus", #""FILE_ACCESS_FAILED""#).description.utf8)
        for index in whole.indices {
            for byte in [UInt8(0), 0x20, 0x22, 0x7D, 0xFF, UInt8(ascii: "C")] {
                var broken = whole
                broken[index] = byte
                guard let object = UpstreamReply(status: 200, headers: [], body: broken).object else { continue }
                #expect(SPEVerdictRule.judge(object, size: nil).verdict != .clean)
            }
        }
    }

    @Test(arguments: [
        "{}", #"{"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": "Invalid client id or secret."}"#,
        #"{"httpCode": 500, "httpMessage": "Internal Server Error", "errorCode": "E0900"}"#,
        #"{"timestamp": "2024", "status": 500, "error": "x", "message": "y", "path": "/spe/api/v1/scan-file"}"#,
        #"{"result": {"scanStatus": "SCAN_SUCCESS", "fileStatus": "CLEAN", "totalInfections": 0}}"#,
        #"{"access_token": "x", "access_token_expiration_time": 1}"#,
    ])
    func `an error body with HTTP 200 is not scanned`(body: String) throws {
        let judgement = SPEVerdictRule.judge(try #require(reply(body).object), size: nil)
        #expect(judgement.verdict == .notScanned)
        #expect(judgement.reason == "unknownAnswer")
    }

    @Test func `what is passed on of an answer holds no token and no text without end`() throws {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl"
        let long = String(repeating: "x y ", count: 10_000)
        let body = """
            {"message": "cannot pass Bearer \(token)", "a": [{"b": "got \(token)"}], "\(token)": 1, "long": "\(long)",
             "digits": 1\(String(repeating: "0", count: 5000)), "fileStatus": "RESOURCE_UNAVAILABLE"}
            """
        let answer = try #require(reply(body).object)
        let raw = try #require(SPEVerdictRule.judge(answer, size: nil).raw)
        let text = JSONValue.object(raw).text
        #expect(!text.contains("eyJ"))
        #expect(text.contains("cannot pass Bearer <removed>"))
        #expect(raw["fileStatus"] == "RESOURCE_UNAVAILABLE")
        #expect(text.utf8.count < 2000)
    }

    @Test func `a trace id is capped and has no control characters`() {
        let long = String(repeating: "a", count: 60_000) + "\u{7}"
        let traced = UpstreamReply(status: 200, headers: [("x-ctti-traceid", "\u{1B}" + long)], body: [])
        #expect(traced.traceID == " " + long.prefix(127))
    }

    @Test(arguments: [100, 199, 202, 204, 206, 301, 302, 400, 401, 500])
    func `only 200 and 201 are successes`(status: Int) {
        #expect(!reply(SPEAnswer.clean.description, status: status).isSuccess)
    }

    @Test(arguments: [200, 201])
    func `200 and 201 are successes`(status: Int) {
        #expect(reply(SPEAnswer.clean.description, status: status).isSuccess)
    }

    @Test func `a body nested too deeply is nothing to judge and does not crash`() {
        let deep = String(repeating: #"{"a":"#, count: 100_000)
        #expect(reply(deep).object == nil)
        let closed = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
        #expect(reply(#"{"a": \#(closed)}"#).object == nil)
    }

    @Test(arguments: ["INFECTED_UNREPAIRED", "CLEAN", "OTHER"])
    func `no member of a verdict shows a secret that the server quotes`(fileStatus: String) throws {
        let quoted = #""is TOP_SECRET_1""#
        let answer = SPEAnswer.clean.with("fileStatus", "\"\(fileStatus)\"").with("fileScanned", quoted)
            .with("note", quoted).with("threats", #"[{"violationName": \#(quoted), "fileName": "TOP_SECRET_1"}]"#)
        let redaction = Redaction([Secret("TOP_SECRET_1")])
        let judgement = SPEVerdictRule.judge(try answer.object, size: nil, redaction: redaction)
        #expect(judgement.verdict == .infected)
        #expect(judgement.fileScanned == "is <removed>" && judgement.threats.first?.name == "is <removed>")
        #expect(!"\(judgement)".contains("TOP_SECRET_1"))
        let other = SPEAnswer.clean.with("fileStatus", #""TOP_SECRET_1""#).with("scanStatus", #""TOP_SECRET_1""#)
        let unknown = SPEVerdictRule.judge(try other.object, size: nil, redaction: redaction)
        #expect(unknown.verdict == .notScanned && unknown.reason == "unknownAnswer")
        #expect(!"\(unknown)".contains("TOP_SECRET_1"))
    }

    @Test func `a secret that is a word of the protocol changes no verdict`() throws {
        let redaction = Redaction([Secret("INFECTED"), Secret("CLEAN")])
        let infected = SPEAnswer.clean.with("fileStatus", #""INFECTED_UNREPAIRED""#)
        #expect(SPEVerdictRule.judge(try infected.object, size: nil, redaction: redaction).verdict == .infected)
        #expect(SPEVerdictRule.judge(try SPEAnswer.clean.object, size: nil, redaction: redaction).verdict == .clean)
    }
}
