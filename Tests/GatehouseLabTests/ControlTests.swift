// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct ControlTests {
    @Test(arguments: ["access", "refresh", "gicar"]) func `revoking one kind leaves the others`(_ kind: String) {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let tokens = fixture.tokens(gicar: gicar)
        let head = RequestHead(method: "POST", target: "/revoke?token=\(kind)")
        #expect(fixture.laboratory.control(head, body: [], at: fixture.now).json?["revoked"] == 1)
        let other = kind == "gicar" ? fixture.gicarToken() : gicar
        #expect(fixture.scan(gicar: gicar, spe: tokens.access).response.status == (kind == "refresh" ? 200 : 401))
        #expect(fixture.scan(gicar: other, spe: tokens.access).response.status == (kind == "access" ? 401 : 200))
        let refresh = Fixture.head("refresh", gicar: other, spe: tokens.refresh)
        #expect(fixture.send(refresh, to: .apiConnect).response.status == (kind == "refresh" ? 401 : 200))
    }

    @Test func `counts and records tell what happened, and no token or secret`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let access = fixture.tokens(gicar: gicar).access
        let path = Gateway.scanFilePath + "/scan-file?key=\(access)"
        let headers = [
            HeaderField("Authorization", "Bearer " + gicar), HeaderField("Authorization-SPE", access),
            HeaderField("X-IBM-Client-Id", Fixture.apiClientId), HeaderField("X-Ctti-TraceId", "trace-1"),
        ]
        let head = RequestHead(method: "POST", target: path, headers: headers)
        var (exchange, _) = fixture.laboratory.begin(head, on: .apiConnect, connection: 7, at: fixture.now)
        exchange.bytesReceived = 12
        exchange.fileName = "a \"b\".txt"
        let line = fixture.laboratory.record(exchange, .answered(status: 415), at: fixture.now)
        for secret in [gicar, access, Fixture.clientSecret, Fixture.apiClientId] { #expect(!line.contains(secret)) }
        let json = JSONReader.read(Array(line.utf8))
        #expect(json?["sequence"] == 3)
        #expect(json?["time"] == "2024-12-23T11:11:28.000Z")
        #expect(json?["service"] == "apiConnect")
        #expect(json?["connection"] == 7)
        #expect(json?["operation"] == "scanFile")
        #expect(json?["status"] == 415)
        #expect(json?["traceId"] == "trace-1")
        #expect(json?["fileName"] == "a \"b\".txt")
        #expect(json?["bytesReceived"] == 12)
        _ = fixture.laboratory.record(exchange, .reset, at: fixture.now)
        let counts = fixture.laboratory.control(
            RequestHead(method: "GET", target: "/counts"),
            body: [],
            at: fixture.now
        ).json
        #expect(counts == ["scanFile": ["415": 1, "reset": 1]])
    }

    @Test(arguments: [
        ("GET", "/revoke", 405), ("POST", "/revoke?token=x", 400), ("GET", "/x", 404), ("POST", "/fault", 400),
        ("POST", "/ksc?forget=nobody", 400),
    ])
    func `a wrong call is refused`(_ method: String, _ target: String, _ status: Int) {
        var fixture = Fixture()
        #expect(
            fixture.laboratory.control(RequestHead(method: method, target: target), body: [], at: fixture.now).status
                == status
        )
    }
}
