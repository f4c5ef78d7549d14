// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct FaultTests {
    private static let lawful: [(String, Operation?, Fault.Kind, Int?, Int)] = [
        ("scanFile:latency=700", Operation.scanFile, Fault.Kind.latency(700), nil, 0),
        ("any:status=503", nil, .status(503, nil), nil, 0),
        ("refresh:status=401-ibm,times=2", .refresh, .status(401, .ibm), 2, 0),
        ("token:reset,after=3,times=1", .token, .reset(afterBytes: nil), 1, 3),
        ("scanFile:reset=1000", .scanFile, .reset(afterBytes: 1000), nil, 0),
        ("scanFile:halfBody", .scanFile, .halfBody, nil, 0),
        ("scanFile:revoked", .scanFile, .revoked(nil), 1, 0),
        ("scanFile:revoked=gicar,times=5", .scanFile, .revoked(.gicar), 5, 0),
        ("scanFilePath:emptyBody", .scanFilePath, .emptyBody, nil, 0), ("any:html", nil, .html(200), nil, 0),
        ("any:html=502", nil, .html(502), nil, 0), ("any:wrongJson", nil, .wrongJson, nil, 0),
        ("any:noContentType", nil, .noContentType, nil, 0),
        ("scanFile:verdict=NO_AV_LICENSE", .scanFile, .verdict("NO_AV_LICENSE"), nil, 0),
        ("token:hang", .token, .hang, nil, 0),
        ("authentication:extraLongToken", .authentication, .extraLongToken, nil, 0),
        ("any:redirect=302", nil, .redirect(302), nil, 0), ("any:redirect", nil, .redirect(307), nil, 0),
    ]

    @Test(arguments: lawful)
    func `the grammar is read`(_ text: String, _ operation: Operation?, _ kind: Fault.Kind, _ times: Int?, _ after: Int)
        throws
    {
        let fault = try Fault(text)
        #expect(fault.operation == operation)
        #expect(fault.kind == kind)
        #expect(fault.times == times)
        #expect(fault.after == after)
        #expect(fault.specification == text)
    }

    @Test(arguments: [
        "", "token", "token:", ":hang", "unknown:hang", "scan:hang", "token:hang=1", "token:latency", "token:latency=",
        "token:latency=-1", "token:latency=1e3", "token:latency=9999999999", "token:status=42", "token:status=401-x",
        "token:status", "token:hang,times=0", "token:hang,times", "token:hang,often=1", "token:hang,",
        "token:verdict=A",
        "scanFile:verdict", "scanFile:verdict=", "scanFile:verdict=a b", "token:revoked", "token:extraLongToken",
        "scanFile:extraLongToken", "scanFile:redirect=200", "scanFile:html=99", "scanFile:Hang", "scanFile:revoked=x",
        "ksc:status=500-empty", "Session.Ping:status=401-ibm", "token:hang,times=1,times=2",
        "token:hang,after=1,times=1,after=1", "Nag Rdu.x:hang", "NagRd\u{fa}.x:hang",
    ])
    func `a malformed fault is refused with its text`(_ text: String) {
        let error = #expect(throws: FaultSyntaxError.self) { try Fault(text) }
        #expect(error?.description.contains("'\(text)'") == true)
    }

    @Test func `after and times count the step's own requests`() throws {
        var table = FaultTable([try Fault("scanFile:hang,after=2,times=2"), try Fault("any:latency=1,times=1")])
        #expect(table.take(.token).map(\.specification) == ["any:latency=1,times=1"])
        #expect(table.take(.unknown).isEmpty)
        let hits = (0..<6).map { _ in table.take(.scanFile).count }
        #expect(hits == [0, 0, 1, 1, 0, 0])
        table.clear()
        #expect(table.specifications.isEmpty)
    }

    private static func delivery(_ specification: String) throws -> Delivery {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let access = fixture.tokens(gicar: gicar).access
        let head = RequestHead(method: "POST", target: "/fault")
        #expect(fixture.laboratory.control(head, body: Array(specification.utf8), at: fixture.now).status == 200)
        return fixture.scan(gicar: gicar, spe: access)
    }

    @Test func `each fault changes the answer in its own way`() throws {
        let whole = try Self.delivery("token:hang")
        #expect(whole.response.status == 200)
        #expect(whole.manner == .whole)
        #expect(try Self.delivery("scanFile:latency=700").delay == 700)
        #expect(try Self.delivery("scanFile:reset").manner == .reset)
        #expect(try Self.delivery("scanFile:halfBody").manner == .half)
        #expect(try Self.delivery("scanFile:hang").manner == .hang)
        #expect(try Self.delivery("scanFile:emptyBody").response.body.isEmpty)
        #expect(try Self.delivery("scanFile:noContentType").response.header("Content-Type") == nil)
        let cut = try Self.delivery("scanFile:wrongJson").response
        #expect(cut.json == nil)
        #expect(whole.response.body.starts(with: cut.body))
        #expect(try Self.delivery("scanFile:html=502").response.header("Content-Type") == "text/html")
        #expect(try Self.delivery("scanFile:redirect").response.header("Location") != nil)
        let verdict = try Self.delivery("scanFile:verdict=RESOURCE_UNAVAILABLE").response
        #expect(verdict.json?["fileStatus"] == "RESOURCE_UNAVAILABLE")
        #expect(verdict.json?["scanStatus"] == "SCAN_FAILURE")
        #expect(try Self.delivery("scanFile:verdict=CLEAN").response.json?["scanStatus"] == "SCAN_SUCCESS")
    }

    @Test(arguments: [
        ("400", "errorCode"), ("401", "path"), ("403", "httpCode"), ("500", "errorCode"), ("503", "httpCode"),
        ("503-spe", "path"), ("401-ctti", "errorCode"), ("401-ibm", "httpCode"),
    ])
    func `a status comes in the shape of who answers it`(_ value: String, _ member: String) throws {
        let response = try Self.delivery("scanFile:status=\(value)").response
        #expect(response.json?[member] != nil)
        #expect(String(response.status) == value.prefix(3))
    }

    @Test func `a latency beyond the gateway's patience is its time-out`() throws {
        let delivery = try Self.delivery("scanFile:latency=60000")
        #expect(delivery.delay == 60_000)
        #expect(delivery.response.status == 500)
        #expect(delivery.response.json?["errorCode"] == "E0900")
        #expect(delivery.response.json?["moreInformation"] == "Error de conexión con backend")
    }

    @Test func `a revoked token is refused once, and a new one is good`() throws {
        var fixture = Fixture { $0.faults = [] }
        let gicar = fixture.gicarToken()
        let old = fixture.tokens(gicar: gicar).access
        let head = RequestHead(method: "POST", target: "/fault")
        _ = fixture.laboratory.control(head, body: Array("scanFile:revoked".utf8), at: fixture.now)
        #expect(fixture.scan(gicar: gicar, spe: old).response.status == 401)
        #expect(fixture.scan(gicar: gicar, spe: old).response.status == 401)
        #expect(fixture.scan(gicar: gicar, spe: fixture.tokens(gicar: gicar).access).response.status == 200)
    }

    @Test func `an extra long token is too long for the gateway`() throws {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let head = RequestHead(method: "POST", target: "/fault")
        _ = fixture.laboratory.control(head, body: Array("authentication:extraLongToken".utf8), at: fixture.now)
        let access = fixture.tokens(gicar: gicar).access
        #expect(access.count > 300)
        #expect(fixture.scan(gicar: gicar, spe: access).response.status == 400)
    }
}
