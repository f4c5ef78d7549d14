// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

/// The faults that only the Antivirus API's servers have.
@Suite struct AntivirusFaultTests {
    private static func turnOn(_ fault: String, _ fixture: inout Fixture) {
        let head = RequestHead(method: "POST", target: "/fault")
        #expect(fixture.laboratory.control(head, body: Array(fault.utf8), at: fixture.now).status == 200)
    }

    private static func scan(_ fault: String) -> Delivery {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let access = fixture.tokens(gicar: gicar).access
        turnOn(fault, &fixture)
        return fixture.scan(gicar: gicar, spe: access)
    }

    @Test func `a token may be dead or expired when it comes`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        Self.turnOn("authentication:expiredToken,times=1", &fixture)
        #expect(fixture.tokens(gicar: gicar).expiry == Fixture.start.seconds - 1)
        Self.turnOn("authentication:deadToken,times=1", &fixture)
        let dead = fixture.tokens(gicar: gicar)
        #expect(dead.expiry > Fixture.start.seconds)
        #expect(fixture.scan(gicar: gicar, spe: dead.access).response.status == 401)
        Self.turnOn("token:deadToken,times=1", &fixture)
        let deadGicar = fixture.gicarToken()
        #expect(fixture.send(Fixture.head("authentication", gicar: deadGicar), to: .apiConnect).response.status == 401)
        Self.turnOn("token:expiredToken,times=1", &fixture)
        let expired = fixture.gicarToken()
        #expect(fixture.send(Fixture.head("authentication", gicar: expired), to: .apiConnect).response.status == 401)
    }

    @Test(arguments: [
        ("text", "1734988288" as JSONValue), ("milliseconds", 1_734_988_288_000), ("millisecondsText", "1734988288000"),
    ])
    func `an expiry comes in other forms`(_ form: String, _ value: JSONValue) {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        Self.turnOn("authentication:expiry=\(form)", &fixture)
        let answer = fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response
        #expect(answer.json?["access_token_expiration_time"] == value)
    }

    @Test func `the gateway may want a body where the documents show none`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        Self.turnOn("authentication:wantsBody", &fixture)
        let head = Fixture.head("authentication", gicar: gicar, contentType: "application/json")
        #expect(fixture.send(head, to: .apiConnect).response.json?["errorCode"] == "E0400")
        #expect(fixture.send(head, "{}", to: .apiConnect).response.status == 200)
    }

    @Test(arguments: [("short", 4, 1), ("zero", 0, 0), ("unknown", -1, -1)])
    func `a scan may count wrong, or not at all`(_ form: String, _ bytes: Int, _ files: Int) {
        let json = Self.scan("scanFile:counts=\(form)").response.json
        #expect(json?["bytesScanned"]?.number == bytes)
        #expect(json?["totalFilesScanned"]?.number == files)
        #expect(json?["fileStatus"] == "CLEAN")
    }

    @Test func `a clean report may come under another status, and is not noted as said`() {
        let delivery = Self.scan("scanFile:status=202-clean")
        #expect(delivery.response.status == 202)
        #expect(delivery.response.json?["fileStatus"] == "CLEAN")
        #expect(delivery.fileStatus == nil)
        #expect(Self.scan("scanFile:latency=1").fileStatus == "CLEAN")
        #expect(Self.scan("scanFile:halfBody").fileStatus == nil)
        #expect(Self.scan("scanFile:wrongJson").fileStatus == nil)
    }

    @Test func `a 401 is about a bearer token or about nothing at all`() {
        let oauth = Self.scan("scanFile:status=401-oauth").response
        #expect(oauth.header("WWW-Authenticate") == "Bearer error='invalid_token'")
        #expect(Self.scan("scanFile:status=401-empty").response.body.isEmpty)
    }

    @Test func `Retry-After survives where a fault wants it, in both forms`() {
        #expect(Self.scan("scanFile:retryAfter=7").response.header("Retry-After") == "7")
        let date = Self.scan("scanFile:retryAfterDate=7").response.header("Retry-After")
        #expect(date == "Mon, 23 Dec 2024 11:11:35 GMT")
        #expect(Self.scan("scanFile:noTraceId").response.header("X-Ctti-TraceId") == nil)
    }

    @Test func `the plan can be set and told, and its headers come where none are stripped`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        func control(_ method: String, _ target: String) -> Response {
            fixture.laboratory.control(RequestHead(method: method, target: target), body: [], at: fixture.now)
        }
        #expect(control("POST", "/plan?perMinute=2").status == 400)
        #expect(control("POST", "/plan?perMinute=2&perHour=9&minute=1000").status == 200)
        let stripped = fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response
        #expect(stripped.header("X-RateLimit-Remaining") == nil)
        #expect(control("POST", "/gateway?headers=some").status == 400)
        #expect(control("POST", "/gateway?headers=kept").status == 200)
        let kept = fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response
        #expect(kept.header("X-RateLimit-Limit") == "name=per-minute,2; name=per-hour,9;")
        #expect(kept.header("X-RateLimit-Remaining") == "name=per-minute,0; name=per-hour,7;")
        #expect(kept.header("Date") == "Mon, 23 Dec 2024 11:11:28 GMT")
        #expect(kept.header("Cache-Control") != nil)
        let over = fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response
        #expect(over.status == 429)
        #expect(over.header("Retry-After") == "1")
        #expect(control("GET", "/plan").json?["minute"]?["remaining"] == 0)
        fixture.now = fixture.now.advanced(byMilliseconds: 1000)
        #expect(fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response.status == 200)
    }
}
