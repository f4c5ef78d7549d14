// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct SecurityCenterFaultTests {
    /// A laboratory with one account at its Security Center.
    private func fixture() -> Fixture {
        Fixture { $0.securityCenter.accounts = [SecurityCenterAccount(user: "api", password: Center.password)] }
    }

    private func send(
        _ fixture: inout Fixture,
        _ path: String,
        _ body: String = "",
        authorization: String? = nil,
        session: String? = nil
    ) -> Delivery {
        var headers: [HeaderField] = []
        if let authorization { headers.append(HeaderField("Authorization", authorization)) }
        if let session { headers.append(HeaderField("X-KSC-Session", session)) }
        let head = RequestHead(method: "POST", target: "/api/v1.0/" + path, headers: headers)
        return fixture.send(head, body, to: .securityCenter)
    }

    private func fault(_ fixture: inout Fixture, _ text: String) {
        let head = RequestHead(method: "POST", target: "/fault")
        #expect(fixture.laboratory.control(head, body: Array(text.utf8), at: fixture.now).status == 200)
    }

    @Test(arguments: [
        ("ksc:status=503", 503, 503), ("login:status=401", 401, 401), ("Session.Ping:status=500", 200, 500),
        ("Session.*:error=1195-KLSTD", 200, 200), ("any:html=502", 502, 502), ("Nag*.*:status=500", 200, 200),
        ("token:status=500", 200, 200),
    ])
    func `a fault befalls the calls that it names`(_ text: String, _ login: Int, _ ping: Int) {
        var fixture = fixture()
        fault(&fixture, text)
        let first = send(&fixture, "login", authorization: Center.basic())
        #expect(first.response.status == login)
        let second = send(&fixture, "Session.Ping")
        #expect(second.response.status == (login == 200 ? ping : ping == 200 ? 401 : ping))
        if text.contains("error") { #expect(second.response.json?["PxgError"]?["code"] == 1195) }
    }

    @Test(arguments: [
        "ksc:verdict=CLEAN", "login:extraLongToken", "token:error=1", "scanFile:strayUrl", "x:reset", "ksc:drip=0",
    ])
    func `a fault that cannot be is refused`(_ text: String) {
        #expect(throws: FaultSyntaxError.self) { try Fault(text) }
    }

    @Test func `a revoked session is gone, and one request only is hit`() throws {
        var fixture = fixture()
        let answer = send(&fixture, "Session.StartSession", authorization: Center.basic())
        let session = try #require(answer.response.json?["PxgRetVal"]?.text)
        fault(&fixture, "ksc:revoked")
        #expect(send(&fixture, "Session.Ping", session: session).response.status == 403)
        #expect(send(&fixture, "Session.Ping", session: session).response.status == 403)
        #expect(send(&fixture, "login", authorization: Center.basic()).response.status == 200)
    }

    @Test func `deliveries can be huge, slow, cut and astray`() throws {
        var fixture = fixture()
        _ = send(&fixture, "login", authorization: Center.basic())
        fault(&fixture, "Session.Ping:hugeBody=1000,times=1")
        #expect(send(&fixture, "Session.Ping").filler == 1000)
        fault(&fixture, "Session.Ping:drip=5,times=1")
        #expect(send(&fixture, "Session.Ping").drip == 5)
        fault(&fixture, "Session.Ping:closeAfter,times=1")
        #expect(send(&fixture, "Session.Ping").closesAfter)
        fault(&fixture, "Session.Ping:reset,times=1")
        #expect(send(&fixture, "Session.Ping").manner == .reset)
        let center = Center()
        let host = try #require(center.host("MAIN-WS-1")?.id)
        let location = send(&fixture, "CgwHelper.GetNagentLocation", "{\"wsHostName\":\"\(host)\"}").response.json?[
            "PxgRetVal"
        ]
        let list = "{\"pLocations\":[\(location?.compact ?? "")]}"
        let key = send(&fixture, "GatewayConnection.PrepareGatewayConnection", list).response.json?["wstrAuthKey"]?.text
        _ = send(&fixture, "login", authorization: "KSCGW " + (key ?? ""))
        fault(&fixture, "NagRdu.GetUrl*:strayUrl")
        let stray = send(&fixture, "NagRdu.GetUrlToUploadFileToHost").response.json?["PxgRetVal"]?.text
        #expect(stray?.hasPrefix("https://elsewhere.invalid:13299/FTUR/") == true)
    }

    @Test func `the log names session and target, and holds nothing that opens a door`() throws {
        var fixture = fixture()
        let head = RequestHead(
            method: "POST",
            target: "/api/v1.0/Session.StartSession",
            headers: [HeaderField("Authorization", Center.basic())]
        )
        let (start, _) = fixture.laboratory.begin(head, on: .securityCenter, connection: 4, at: fixture.now)
        guard case .reply(let delivery) = fixture.laboratory.resume(start, body: [], at: fixture.now) else {
            throw Missing()
        }
        let session = try #require(delivery.response.json?["PxgRetVal"]?.text)
        let first = fixture.laboratory.record(start, .answered(status: 200), at: fixture.now)
        let ping = RequestHead(
            method: "POST",
            target: "/api/v1.0/Session.Ping",
            headers: [HeaderField("X-KSC-Session", session)]
        )
        let (call, _) = fixture.laboratory.begin(ping, on: .securityCenter, connection: 5, at: fixture.now)
        let second = fixture.laboratory.record(call, .answered(status: 200), at: fixture.now)
        for secret in [session, ByteCoding.base64(Array(Center.password.utf8)), Center.password] {
            #expect(!first.contains(secret))
            #expect(!second.contains(secret))
        }
        let lines = [first, second].map { JSONReader.read(Array($0.utf8)) }
        #expect(lines[0]?["session"] != nil)
        #expect(lines[0]?["session"] == lines[1]?["session"])
        #expect(lines[0]?["scheme"] == "KSCBasic")
        #expect(lines[1]?["operation"] == "Session.Ping")
        #expect(lines[1]?["target"] == "main")
        #expect(lines[1]?["connection"] == 5)
        let counts = fixture.laboratory.control(
            RequestHead(method: "GET", target: "/counts"),
            body: [],
            at: fixture.now
        )
        #expect(counts.json?["Session.Ping"]?["200"] == 1)
    }

    @Test(arguments: [
        ("session", "Session.Ping", 403), ("login", "Session.Ping", 200), ("gatewayKey", "Session.Ping", 200),
    ])
    func `all of a kind can be revoked`(_ kind: String, _ call: String, _ status: Int) throws {
        var fixture = fixture()
        let answer = send(&fixture, "Session.StartSession", authorization: Center.basic())
        let session = try #require(answer.response.json?["PxgRetVal"]?.text)
        let head = RequestHead(method: "POST", target: "/revoke?token=\(kind)")
        let revoked = fixture.laboratory.control(head, body: [], at: fixture.now).json?["revoked"]
        #expect(revoked?.number == (kind == "session" ? 1 : 0))
        #expect(send(&fixture, call, session: session).response.status == status)
    }

    @Test(arguments: [
        ("server=south&state=down", 200), ("server=none&state=down", 400), ("server=main&state=off", 400), ("", 400),
        ("sessionLifetime=5", 200), ("sessionLifetime=0", 400), ("checkDelay=-5", 200), ("actionDuration=-5", 400),
        ("none=1", 400), ("certificate=other", 200), ("certificate=none", 400),
        ("host=none&state=off", 400),
    ])
    func `the control port changes what exists`(_ query: String, _ status: Int) {
        var fixture = fixture()
        let head = RequestHead(method: "POST", target: "/ksc?" + query)
        #expect(fixture.laboratory.control(head, body: [], at: fixture.now).status == status)
        #expect(fixture.laboratory.showsOtherCertificate == (query == "certificate=other"))
    }
}
