// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct GatewayTests {
    @Test func `checks follow the real order`() {
        var fixture = Fixture { $0.plan = PlanLimit(perMinute: 1, perHour: 10) }
        let gicar = fixture.gicarToken()
        func status(_ head: RequestHead) -> Int { fixture.send(head, to: .apiConnect).response.status }
        #expect(status(Fixture.head("nothing", gicar: nil, client: nil, method: "GET")) == 404)
        #expect(status(Fixture.head("scan-file", gicar: nil, client: nil, method: "GET")) == 405)
        #expect(status(Fixture.head("scan-file", gicar: nil, client: "x")) == 401)
        #expect(status(Fixture.head("scan-file", gicar: "x")) == 401)
        #expect(status(Fixture.head("scan-file", gicar: gicar)) == 400)
        #expect(status(Fixture.head("scan-file", gicar: gicar)) == 429)
        #expect(status(Fixture.head("scan-file", gicar: "x")) == 401)
    }

    @Test func `a wrong client id and a bad token are told apart by text and challenge`() {
        var fixture = Fixture()
        let client = fixture.send(Fixture.head("scan-file", gicar: "x", client: nil), to: .apiConnect).response
        #expect(client.json?["moreInformation"] == "Invalid client id or secret.")
        #expect(client.json?["httpCode"] == "401")
        #expect(client.header("WWW-Authenticate") == nil)
        let token = fixture.send(Fixture.head("scan-file", gicar: "x"), to: .apiConnect).response
        #expect(token.header("WWW-Authenticate") == "Bearer error='invalid_token'")
    }

    @Test func `a bearer token ends with its lifetime`() {
        var fixture = Fixture { $0.gicarLifetime = 20 }
        let gicar = fixture.gicarToken()
        fixture.now = Fixture.start.advanced(bySeconds: 19)
        #expect(fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response.status == 200)
        fixture.now = Fixture.start.advanced(bySeconds: 20)
        #expect(fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response.status == 401)
    }

    @Test(arguments: [
        (nil, 400), ("", 400), (String(repeating: "x", count: 301), 400), (String(repeating: "x", count: 300), 401),
    ])
    func `the header for SPE is validated on scans`(_ value: String?, _ status: Int) {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let response = fixture.scan(gicar: gicar, spe: value).response
        #expect(response.status == status)
        #expect((response.json?["errorCode"] == "E0400") == (status == 400))
        #expect((response.json?["path"] == "/spe/api/v1/scan-file") == (status == 401))
    }

    @Test func `a refresh without the header for SPE breaks the gateway's script`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let response = fixture.send(Fixture.head("refresh", gicar: gicar), to: .apiConnect).response
        #expect(response.status == 500)
        #expect(response.json?["httpCode"] == 500)
        #expect(response.json?["moreInformation"] == "Servicio no disponible momentáneamente")
    }

    @Test func `a bare token is prefixed, and another scheme is passed on`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let access = fixture.tokens(gicar: gicar).access
        #expect(fixture.scan(gicar: gicar, spe: access).response.status == 200)
        #expect(fixture.scan(gicar: gicar, spe: "Bearer " + access).response.status == 200)
        #expect(fixture.scan(gicar: gicar, spe: "NotBearer " + access).response.status == 401)
    }

    @Test func `only the listed headers reach the client, and the trace id always`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let response = fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response
        #expect(response.header("Content-Type") == "application/json")
        #expect(response.header("Cache-Control") == nil)
        #expect(response.header("X-Ctti-TraceId") != nil)
        let traced = RequestHead(method: "GET", target: "/x", headers: [HeaderField("x-ctti-traceid", "abc")])
        #expect(fixture.send(traced, to: .apiConnect).response.header("X-Ctti-TraceId") == "abc")
    }

    @Test func `plan windows are fixed to the clock's minutes and hours`() {
        var plan = PlanLimit(perMinute: 2, perHour: 3)
        let hour = LabInstant(seconds: 1_734_951_600)  // a whole hour
        func admits(_ second: Int) -> Bool { plan.admit(at: hour.advanced(bySeconds: second)) }
        #expect(admits(58))
        #expect(admits(59))
        #expect(!admits(59))
        #expect(admits(60))
        #expect(!admits(61))
        #expect(!admits(3599))
        #expect(admits(3600))
    }

    @Test(arguments: [
        (#"{"filePath":"/files2scan/a"}"#, "application/json", 200), (#"{"filePath":1}"#, "application/json", 400),
        (#"{"filePath":"/files2scan/a","x":1}"#, "application/json", 400), ("{", "application/json", 400),
        ("{}", "application/json", 400), ("x", "text/plain", 415),
    ])
    func `a path body is validated where it is JSON`(_ body: String, _ type: String, _ status: Int) {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let access = fixture.tokens(gicar: gicar).access
        let head = Fixture.head("scan-file-path", gicar: gicar, spe: access, contentType: type)
        let response = fixture.send(head, body, to: .apiConnect).response
        #expect(response.status == status)
        let isGateways = response.json?["errorCode"] == "E0400"
        #expect(isGateways == (status == 400 && body != "{}"))
    }

    @Test(arguments: [
        ("/files2scan/a/b", "/lab/files2scan/a/b"), ("/lab/files2scan/a", "/lab/files2scan/a"), ("/files2scan/", nil),
        ("/files2scan/../x", nil), ("/files2scan2/a", nil), ("/etc/passwd", nil), ("files2scan/a", nil),
        ("/files2scan//a", nil), ("/files2scan/a\u{0}b", nil),
    ])
    func `a path stays on the share`(_ path: String, _ resolved: String?) {
        #expect(SharedPath.resolve(path, sharedDirectory: "/lab/files2scan") == resolved)
    }
}
