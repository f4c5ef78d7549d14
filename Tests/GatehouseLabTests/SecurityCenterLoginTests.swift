// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct SecurityCenterLoginTests {
    @Test(arguments: [
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (String(repeating: "a", count: 119), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"),
    ])
    func `SHA-1 is right`(_ text: String, _ hash: String) {
        #expect(ByteCoding.hexadecimal(SHA1.hash(Array(text.utf8))) == hash)
    }

    @Test(arguments: [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")])
    func `one-time passwords are those of RFC 6238`(_ time: Int, _ code: String) {
        #expect(Center.auditor.code(at: LabInstant(seconds: time)) == code)
        #expect(Center.auditor.base32 == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    }

    static let domain = ByteCoding.base64(Array("CORP".utf8))

    @Test(arguments: [
        (Center.basic(), 200), (Center.basic(rest: ", domain=\"\", internal=\"1\""), 200),
        (Center.basic(rest: ", domain=\"\", internal=true"), 200), (Center.basic(rest: ", internal=false"), 401),
        (Center.basic("API"), 200), (Center.basic("api", "wrong"), 401), (Center.basic("", ""), 401),
        (Center.basic("operator", rest: ", domain=\"CORP\", internal=\"0\""), 200),
        (Center.basic("operator", rest: ", domain=\"\(domain)\", internal=0"), 200),
        (Center.basic("operator", rest: ", domain=\"ELSE\", internal=\"0\""), 401),
        (Center.basic("operator", rest: ", domain=\"CORP\", internal=\"1\""), 401),
        ("KSCWT " + Center.webToken, 200), ("KSCWT else", 401), ("KSCT else", 401), ("KSCGW else", 401),
        ("KSCMFA totp=\"287082\"", 401), ("NTLM TlRMTVNTUAAB", 401), ("KSCBasic", 401), ("", 401),
        ("KSCBasic user=\"!\", pass=\"\"", 401),
    ])
    func `credentials are taken in every form that clients send`(_ authorization: String, _ status: Int) {
        var center = Center()
        let answer = center.logIn(authorization)
        #expect(answer.status == status)
        #expect(answer.body == Array((status == 200 ? "{}" : "Authentication failure").utf8))
        #expect(center.call("Session.Ping").status == status)
    }

    @Test(
        arguments: [
            (nil, 200), ("", 200), ("x", 200), ("QnJhbmNoIG9mZmljZXM=", 200), ("bm9uZQ==", 401), ("!", 401),
        ] as [(String?, Int)]
    )
    func `a virtual server is the main one, or one that exists`(_ header: String?, _ status: Int) {
        var center = Center()
        #expect(center.logIn(virtualServer: header).status == status)
    }

    @Test func `a virtual server sees only its own hosts`() {
        var center = Center()
        _ = center.logIn(virtualServer: "QnJhbmNoIG9mZmljZXM=")
        #expect(center.json("HostGroup.FindHosts", ["wstrFilter": ""])["PxgRetVal"] == 1)
        #expect(center.location(ofHost: "MAIN-WS-1", .connection(1)) == .null)
        #expect(center.location(ofHost: "MAIN-VIRTUAL", .connection(1)) != .null)
    }

    @Test func `the second step belongs to its connection, and to the first step before it`() {
        var center = Center()
        let code = "KSCMFA totp=\"\(Center.auditor.code(at: center.now))\""
        let first = center.logIn(Center.basic("auditor"))
        #expect(first.status == 401)
        #expect(first.body == Array("Authentication not finished".utf8))
        #expect(first.header("WWW-Authenticate")?.contains("KSCMFA") == true)
        #expect(center.logIn(code, connection: 2).status == 401)
        #expect(center.call("Session.Ping").status == 401)
        #expect(center.logIn(code).status == 200)
        #expect(center.call("Session.Ping").status == 200)

        _ = center.logIn(Center.basic("auditor"), connection: 3)
        #expect(center.logIn("KSCMFA totp=\"000000\"", connection: 3).status == 401)
        #expect(center.logIn(code, connection: 3).status == 401)

        #expect(center.startSession(Center.basic("auditor"), connection: 4) == nil)
        #expect(center.startSession(code, connection: 4) != nil)
    }

    @Test func `a token logs in once, and for three minutes`() {
        var center = Center()
        _ = center.logIn()
        let tokens = (0..<2).map { _ in "KSCT " + (center.json("Session.CreateToken")["PxgRetVal"]?.text ?? "") }
        #expect(center.logIn(tokens[0], connection: 2).status == 200)
        #expect(center.logIn(tokens[0], connection: 3).status == 401)
        center.advance(180_000)
        #expect(center.logIn(tokens[1], connection: 4).status == 401)
    }

    @Test func `a session lives on by its calls, and ends once nobody calls`() throws {
        var center = Center()
        let session = try Missing.check(center.startSession())
        center.advance(179_999)
        #expect(center.call("Session.Ping", nil, session).status == 200)
        center.advance(179_999)
        #expect(center.call("HostGroup.GroupIdGroups", nil, session).status == 200)
        center.advance(180_000)
        #expect(center.call("Session.Ping", nil, session).status == 403)
    }

    @Test func `an ended session is refused, and a login ends with its connection`() throws {
        var center = Center()
        let session = try Missing.check(center.startSession())
        #expect(center.json("Session.EndSession", nil, session) == [:])
        #expect(center.call("Session.Ping", nil, session).status == 403)
        #expect(center.call("Session.EndSession", nil, session).status == 403)
        _ = center.logIn()
        center.center.closeConnection(1)
        #expect(center.call("Session.Ping").status == 401)
    }

    @Test(
        arguments: [
            ("/api/v1.0/Session.Ping", "GET", nil, 405), ("/api/v1.0/Session.Ping", "POST", "text/plain", 415),
            ("/api/v1.0/Session.Ping", "POST", "application/json; charset=utf-8", 200), ("/", "POST", nil, 404),
            ("/api/v2.0/Session.Ping", "POST", nil, 404), ("/api/v1.0/Session.Ping", "POST", "application/json", 200),
        ] as [(String, String, String?, Int)]
    )
    func `HTTP is checked before the call`(_ path: String, _ method: String, _ type: String?, _ status: Int) {
        var center = Center()
        _ = center.logIn()
        let headers = type.map { [HeaderField("Content-Type", $0)] } ?? []
        #expect(center.response(path, method: method, headers: headers).status == status)
    }
}
