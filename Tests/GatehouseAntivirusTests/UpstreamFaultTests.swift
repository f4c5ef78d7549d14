// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

/// Error bodies of the protocol page, sections 2.6 and 5.
enum UpstreamBodies {
    static let clientID = ibm("Invalid client id or secret.")
    static let oauth = ibm(
        "Cannot pass the security checks that are required by the target API or operation, Enable debug headers."
    )
    static let spe =
        #"{"timestamp": "2024-12-23", "status": 401, "error": "Unauthorized", "message": "m", "path": "/v1/token/refresh"}"#

    static func ibm(_ text: String) -> String {
        #"{"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": "\#(text)"}"#
    }
}

struct UpstreamFaultTests {
    private func fault(_ status: Int, _ body: String, _ headers: [(name: String, value: String)] = []) -> UpstreamFault
    {
        UpstreamFault(UpstreamReply(status: status, headers: headers, body: Array(body.utf8)), unixTime: 90)
    }

    @Test(arguments: [
        (UpstreamBodies.clientID, UpstreamFault.Rejection.clientID),
        (UpstreamBodies.ibm("Client id not registered."), .clientID),
        (UpstreamBodies.ibm("application is not registered, or active"), .clientID),
        (UpstreamBodies.ibm("Registration not active for plan"), .clientID),
        (UpstreamBodies.ibm("The application is not subscribed to this plan"), .clientID),
        (UpstreamBodies.oauth, .gicarToken), (UpstreamBodies.ibm("Token is invalid"), .gicarToken),
        (UpstreamBodies.ibm("This server could not verify that you are authorized to access the URL"), .gicarToken),
        (UpstreamBodies.spe, .speToken),
        (#"{"timestamp": 1, "path": "/spe/api/v1/scan-file"}"#, .speToken),
        (#"{"timestamp": 1, "path": "/other"}"#, .unclear), (#"{"timestamp": 1, "path": 2}"#, .unclear),
        (#"{"httpCode": 401, "httpMessage": "Unauthorize", "errorCode": "E0401"}"#, .unclear),
        ("", .unclear), ("<html>Unauthorized</html>", .unclear), ("[]", .unclear),
    ])
    func `a 401 is about what its body says`(body: String, rejection: UpstreamFault.Rejection) {
        #expect(fault(401, body).rejection == rejection)
        #expect(fault(401, body).error.code == (rejection == .clientID ? .wrongCredentials : .tokenRejected))
        #expect(fault(500, body).rejection == nil)
    }

    @Test func `a challenge tells what an empty 401 does not`() {
        let challenge = [(name: "www-authenticate", value: "Bearer error='invalid_token'")]
        #expect(fault(401, "", challenge).rejection == .gicarToken)
    }

    @Test(arguments: [
        ("E0400", 400, AntivirusError.Code.refused), ("E0403", 403, .refused), ("E0404", 404, .refused),
        ("E0405", 405, .refused), ("E0409", 409, .refused), ("E0429", 429, .rateLimited), ("E0500", 500, .failed),
        ("E0503", 500, .failed), ("E0600", 500, .failed), ("E0800", 500, .failed), ("E0900", 500, .failed),
        ("E0401", 401, .tokenRejected), ("E0XXX", 500, .failed),
    ])
    func `every code of CTTI's policy has its class`(code: String, status: Int, wanted: AntivirusError.Code) {
        let body = #"{"httpCode": \#(status), "httpMessage": "x", "moreInformation": "y", "errorCode": "\#(code)"}"#
        let error = fault(status, body, [(name: "x-ctti-traceid", value: "trace-1")]).error
        #expect(error.code == wanted)
        let upstream = UpstreamAnswer(name: "apiConnect", status: status, code: code, text: "y", traceID: "trace-1")
        #expect(error.upstream == upstream)
    }

    @Test(arguments: [
        (413, AntivirusError.Code.refused), (415, .refused), (302, .refused), (502, .failed), (504, .failed),
    ])
    func `a status that is not documented has a class too`(status: Int, wanted: AntivirusError.Code) {
        #expect(fault(status, "<html>").error.code == wanted)
    }

    @Test(arguments: [
        (403, UpstreamBodies.ibm("Forbidden"), "subscription"), (404, UpstreamBodies.ibm("No resources"), "addresses"),
        (405, UpstreamBodies.ibm("Not allowed"), "addresses"), (413, "<html>", "larger"),
    ])
    func `a refusal says what to do where its status tells`(status: Int, body: String, word: String) {
        #expect(fault(status, body).error.message.contains(word))
    }

    @Test func `SPE's own 403 says nothing of a subscription`() {
        let body = UpstreamBodies.spe.replacing("401", with: "403")
        #expect(fault(403, body).error.message == "the server refused with HTTP 403")
    }

    @Test func `the trace id that was sent stands in for one that the answer has lost`() {
        func traceID(_ headers: [(name: String, value: String)]) -> String? {
            let reply = UpstreamReply(status: 500, headers: headers, body: [])
            return UpstreamFault(reply, unixTime: 0, sentTraceID: "sent").error.upstream?.traceID
        }
        #expect(traceID([]) == "sent")
        #expect(traceID([(name: "x-ctti-traceid", value: "kept")]) == "kept")
    }

    @Test(arguments: [
        ("5", Duration.seconds(5)), ("0", .zero), ("99999999", .seconds(3600)), ("-1", .seconds(30)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", .seconds(3600)), ("Fri, 31 Dec 1999", .seconds(30)), ("", .seconds(30)),
    ])
    func `a rate limit waits as asked or for the rest of the minute`(header: String, wait: Duration) {
        #expect(fault(429, "", [(name: "retry-after", value: header)]).error.retryAfter == wait)
    }

    @Test func `a rate limit without a header waits for the rest of the minute`() {
        #expect(fault(429, "").error.retryAfter == .seconds(30))
    }

    @Test(arguments: [
        "eyJhbGciOiJIUzI1NiJ9.eyJBVVRIT1JJVElFUyI6MX0.c2lnbmF0dXJl", "Zm9vYmFy0123456789Zm9vYmFy0123456789",
    ])
    func `no error holds a token, wherever the server quotes it`(token: String) {
        for body in [
            #"{"timestamp": 1, "path": "/v1/x", "error": "\#(token)", "message": "JWT '\#(token)' expired"}"#,
            #"{"errorCode": "\#(token)", "moreInformation": "token=\#(token)"}"#,
            #"{"httpMessage": "Bearer \#(token)", "access_token": "\#(token)"}"#,
            #"{"moreInformation": "\#(String(repeating: "x ", count: 140))\#(token)"}"#,
        ] {
            for status in [200, 401, 403, 429, 500] {
                var dumped = ""
                dump(fault(status, body), to: &dumped)
                #expect(!dumped.contains(token.prefix(16)), "\(body)")
            }
        }
    }

    @Test(arguments: [
        "org.springframework.web.bind.MissingServletRequestParameterException at /spe/api/v1/scan-file",
        "call 3f2c9a52-0f57-4d0e-8b6e-0a4c9d1f2b33 failed: Error de conexión con backend",
    ])
    func `what an operator needs stays`(text: String) {
        #expect(withoutTokens(text, 300) == text)
    }

    @Test(arguments: [
        #"{"error": "invalid_client", "error_description": "no client has the secret my+secret"}"#,
        #"{"error": "my+secret"}"#, #"{"error": "invalid_client", "error_description": "client_secret=my%2Bsecret"}"#,
        #"{"httpCode": 500, "httpMessage": "x", "moreInformation": "my+secret", "errorCode": "my+secret"}"#,
        #"{"timestamp": 1, "path": "/spe/x", "error": "my+secret", "message": "Basic aWQ6bXkrc2VjcmV0"}"#,
    ])
    func `what a server quotes is told without the secrets that it knows`(body: String) {
        for status in [400, 401, 403, 500] {
            let reply = UpstreamReply(
                status: status,
                headers: [(name: "x-ctti-traceid", value: "id my+secret")],
                body: Array(body.utf8),
                redaction: Redaction([Secret("my+secret")])
            )
            var texts: [String?] = []
            let fault = UpstreamFault(reply, unixTime: 90).error
            texts += [fault.message, fault.upstream?.code, fault.upstream?.text, fault.upstream?.traceID]
            if case .failure(let failure) = KeycloakAnswer.read(
                reply,
                requestedAt: Instant(nanoseconds: 0),
                unixTime: 0
            ) {
                texts += [failure.error.message, failure.error.upstream?.code, failure.error.upstream?.text]
            }
            let all = texts.compactMap(\.self).joined(separator: " ")
            #expect(all.contains("<removed>"))
            for secret in ["my+secret", "my%2Bsecret", "aWQ6bXkrc2VjcmV0"] { #expect(!all.contains(secret)) }
        }
    }
}
