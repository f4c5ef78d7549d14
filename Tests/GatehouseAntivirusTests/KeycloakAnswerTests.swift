// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct KeycloakAnswerTests {
    private let then = Instant(nanoseconds: 5_000_000_000)

    private func read(_ body: String, status: Int = 200, headers: [(name: String, value: String)] = [])
        -> Result<IssuedToken, RenewalFailure>
    {
        KeycloakAnswer.read(
            UpstreamReply(status: status, headers: headers, body: Array(body.utf8)),
            requestedAt: then,
            unixTime: 784_111_747
        )
    }

    @Test(arguments: [
        ("300", Duration.seconds(300)), ("300.0", .seconds(300)), ("3e2", .seconds(300)), ("0.5", .seconds(0.5)),
        (#""300""#, .seconds(300)), ("86401", .seconds(86_400)), ("99999999999999999999999", .seconds(86_400)),
        ("1e999", .seconds(86_400)),
    ])
    func `a lifetime counts from the request and is capped at a day`(text: String, lifetime: Duration) throws {
        let token = try read(#"{"access_token": "abc.def", "expires_in": \#(text), "new": {}}"#).get()
        #expect(token.lifetime == lifetime)
        #expect(token.countedFrom == then)
        #expect(token.access.exposed() == "abc.def")
        #expect(token.refresh == nil)
    }

    @Test(arguments: [
        "", "{", "[]", "null", "<html></html>", "{}", #"{"access_token": "a"}"#, #"{"expires_in": 300}"#,
        #"{"access_token": "", "expires_in": 300}"#, #"{"access_token": 1, "expires_in": 300}"#,
        #"{"access_token": "a", "expires_in": 0}"#, #"{"access_token": "a", "expires_in": -1}"#,
        #"{"access_token": "a", "expires_in": "NaN"}"#, #"{"access_token": "a", "expires_in": "inf"}"#,
        #"{"access_token": "a", "expires_in": ""}"#, #"{"access_token": "a", "expires_in": null}"#,
        #"{"access_token": "a", "expires_in": -1e999}"#, #"{"access_token": "a", "expires_in": 1, "expires_in": 2}"#,
        #"{"access_token": "a\r\nX-Evil: 1", "expires_in": 300}"#, #"{"access_token": "a b", "expires_in": 300}"#,
        #"{"access_token": "a\u0000b", "expires_in": 300}"#, #"{"access_token": "é", "expires_in": 300}"#,
        #"{"error": "invalid_client"}"#,
    ])
    func `an answer without a token that can be used is unintelligible`(body: String) {
        guard case .failure(let failure) = read(body) else {
            Issue.record("a token")
            return
        }
        #expect(failure.cause == .transient)
        #expect(failure.error.code == .unintelligible)
    }

    @Test(arguments: [
        (#"{"expires_in": 300}"#, "GICAR's answer holds no token"),
        (#"{"access_token": "a"}"#, "GICAR's answer does not say how long its token lives"),
    ])
    func `what lacks in an answer is said`(body: String, message: String) {
        guard case .failure(let failure) = read(body) else { return }
        #expect(failure.error.message == message)
    }

    @Test(arguments: [
        (401, #"{"error": "invalid_client", "error_description": "x"}"#), (400, #"{"error": "invalid_client"}"#),
        (400, #"{"error": "unauthorized_client"}"#), (401, #"{"error": "unauthorized_client"}"#), (401, ""),
    ])
    func `wrong credentials are told in every form of every version`(status: Int, body: String) {
        guard case .failure(let failure) = read(body, status: status) else { return }
        #expect(failure.cause == .wrongCredentials)
        #expect(failure.error.code == .wrongCredentials)
        #expect(failure.error.upstream?.status == status)
    }

    @Test(arguments: [
        (400, #"{"error": "invalid_request"}"#, AntivirusError.Code.refused),
        (400, #"{"error": "unsupported_grant_type"}"#, .refused),
        (404, #"{"error": "Realm does not exist"}"#, .refused), (403, #"{"error": "access_denied"}"#, .refused),
        (302, "", .refused), (500, "<html>", .failed), (502, "", .failed), (503, "", .failed), (504, "", .failed),
    ])
    func `everything else may be over the next time`(status: Int, body: String, code: AntivirusError.Code) {
        guard case .failure(let failure) = read(body, status: status) else {
            Issue.record("a token")
            return
        }
        #expect(failure.cause == .transient)
        #expect(failure.error.code == code)
    }

    @Test(arguments: [
        ("7", .seconds(7) as Duration?), ("-5", nil), ("999999999", .seconds(3600)), ("soon", nil),
        ("99999999999999999999", .seconds(3600)), ("", nil), ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(30)),
    ])
    func `a rate limit keeps the server's time within an hour`(header: String, wait: Duration?) {
        let headers = [(name: "retry-after", value: header)]
        guard case .failure(let failure) = read("", status: 429, headers: headers) else { return }
        #expect(failure.cause == .rateLimited)
        #expect(failure.error.retryAfter == wait)
    }

    @Test func `an error's text is cleaned, capped and without what may be a secret`() {
        let secret = "eyJhbGciOiJSUzI1NiJ9.eyJwbGFudGVkIjoxfQ.sig"
        let long = String(repeating: "x", count: 1000)
        let body = #"{"error": "e\u001b\u0000", "error_description": "bad\n\#(secret) Bearer abc1 \#(long)"}"#
        guard case .failure(let failure) = read(body, status: 500) else { return }
        #expect(failure.error.upstream?.code == "e  ")
        #expect(failure.error.upstream?.text?.hasPrefix("bad <removed> Bearer <removed> xxx") == true)
        #expect(failure.error.upstream?.text?.unicodeScalars.count == 300)
    }
}
