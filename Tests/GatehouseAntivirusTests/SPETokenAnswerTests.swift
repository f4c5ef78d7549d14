// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct SPETokenAnswerTests {
    private let then = Instant(nanoseconds: 5_000_000_000)
    /// Ten hours before the expiry of the page's example, 1734988288.
    private let unixTime = 1_734_952_288.0

    private func read(
        _ expiry: String,
        token: String = "abc.def",
        refresh: String = #""ref""#,
        headers: [(name: String, value: String)] = []
    ) -> Result<IssuedToken, RenewalFailure> {
        let body =
            #"{"access_token": "\#(token)", "refresh_token": \#(refresh), "access_token_expiration_time": \#(expiry)}"#
        let reply = UpstreamReply(status: 200, headers: headers, body: Array(body.utf8))
        return SPETokenAnswer.read(reply, requestedAt: then, unixTime: unixTime)
    }

    @Test(arguments: ["1734988288", #""1734988288""#, "1734988288000", #""1734988288000""#, "1.734988288e9"])
    func `the expiry is seconds or milliseconds, a number or its text`(expiry: String) throws {
        let token = try read(expiry).get()
        #expect(token.lifetime == .seconds(36_000))
        #expect(token.countedFrom == then)
        #expect(token.refresh?.exposed() == "ref")
    }

    @Test(arguments: ["4000000000", "99999999999", "1e300", "9223372036854775808"])
    func `a far expiry is capped at thirty days`(expiry: String) throws {
        #expect(try read(expiry).get().lifetime == .seconds(30 * 86_400))
    }

    @Test(arguments: [
        "0", "-1", "1e999", "-1e999", #""NaN""#, #""inf""#, #""""#, "null", "true", "[]", "1734952288", "1734952287",
        "1",
    ])
    func `an expiry that is none or has passed gives no token`(expiry: String) {
        guard case .failure(let failure) = read(expiry) else {
            Issue.record("a token")
            return
        }
        #expect(failure.cause == .transient)
        #expect(failure.error.code == .unintelligible)
    }

    @Test func `the server's Date counts and not this machine's wrong clock`() throws {
        let date = [(name: "date", value: "Mon, 23 Dec 2024 20:11:28 GMT")]
        #expect(try read("1734988288", headers: date).get().lifetime == .seconds(3600))
        let other = [(name: "date", value: "today")]
        #expect(try read("1734988288", headers: other).get().lifetime == .seconds(36_000))
    }

    @Test func `a token of 293 characters is taken and one of 294 is not, in plain words`() throws {
        let longest = String(repeating: "x", count: 293)
        #expect(try read("1734988288", token: longest).get().access.count == 293)
        guard case .failure(let failure) = read("1734988288", token: longest + "x") else {
            Issue.record("a token")
            return
        }
        #expect(failure.error.code == .tokenTooLong)
        #expect(failure.error.message.contains("294"))
        #expect(!"\(failure)".contains("xxx"))
    }

    @Test(arguments: ["{}", #"{"access_token": "a", "access_token_expiration_time": 1}"#, "<html>"])
    func `a failure can be traced, also where the answer has lost the id`(body: String) {
        for (headers, wanted) in [([], "sent"), ([(name: "x-ctti-traceid", value: "kept")], "kept")] {
            let reply = UpstreamReply(status: 200, headers: headers, body: Array(body.utf8))
            let result = SPETokenAnswer.read(reply, requestedAt: then, unixTime: unixTime, sentTraceID: "sent")
            guard case .failure(let failure) = result else {
                Issue.record("a token")
                return
            }
            #expect(failure.error.upstream?.traceID == wanted)
        }
    }

    @Test func `a trace id is a new random UUID`() throws {
        let ids = (0..<200).map { _ in TraceID.make() }
        #expect(Set(ids).count == 200)
        for id in ids {
            #expect(try /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/.wholeMatch(in: id) != nil)
        }
    }

    @Test(arguments: ["", #"a\r\nX-Evil: 1"#, #"a\u0000"#, "a b", "é"])
    func `a token that no header can carry is none`(token: String) throws {
        #expect(throws: RenewalFailure.self) { try read("1734988288", token: token).get() }
        #expect(try read("1734988288", refresh: "\"\(token)\"").get().refresh == nil)
    }

    @Test(arguments: [
        (401, UpstreamBodies.clientID, RenewalFailure.Cause.wrongCredentials),
        (401, UpstreamBodies.oauth, .gicarRejected), (401, "", .gicarRejected), (401, UpstreamBodies.spe, .transient),
        (429, "", .rateLimited), (400, "", .transient), (403, "", .transient), (500, UpstreamBodies.spe, .transient),
        (503, "<html>", .transient), (202, "{}", .transient),
    ])
    func `a refusal has the consequence that its shape asks for`(
        status: Int,
        body: String,
        cause: RenewalFailure.Cause
    ) {
        let reply = UpstreamReply(status: status, headers: [], body: Array(body.utf8))
        guard case .failure(let failure) = SPETokenAnswer.read(reply, requestedAt: then, unixTime: 0) else {
            Issue.record("a token")
            return
        }
        #expect(failure.cause == cause)
    }
}
