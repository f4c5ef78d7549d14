// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct TenantTests {
    @Test(arguments: [
        ("/tenant/a/x/y", "a", "/x/y"), ("/tenant/a-_9/", "a-_9", "/"), ("/tenant//x", nil, "/tenant//x"),
        ("/tenant/a", nil, "/tenant/a"), ("/tenant/a%20b/x", nil, "/tenant/a%20b/x"),
        ("/x/tenant/a/y", nil, "/x/tenant/a/y"),
        ("/tenant/\(String(repeating: "a", count: 65))/x", nil, "/tenant/\(String(repeating: "a", count: 65))/x"),
    ])
    func `a path may begin with a tenant`(_ target: String, _ tenant: String?, _ path: String) {
        let head = RequestHead(method: "GET", target: target + "?q=1")
        #expect(head.tenant == tenant)
        #expect(head.path == path)
        #expect(head.query == "q=1")
    }

    @Test func `tenants have faults, counts and clocks of their own`() throws {
        var tenants = Tenants(Fixture().laboratory)
        func control(_ tenant: String?, _ method: String, _ target: String, _ body: String = "") -> JSONValue? {
            let head = RequestHead(method: method, target: target)
            return tenants.decide(for: tenant, at: Fixture.start) { laboratory, now in
                laboratory.control(head, body: Array(body.utf8), at: now).json
            }
        }
        _ = control("a", "POST", "/fault", "token:hang")
        #expect(control("a", "GET", "/fault") == ["faults": ["token:hang"]])
        #expect(control("b", "GET", "/fault") == ["faults": []])
        #expect(control(nil, "GET", "/fault") == ["faults": []])
        _ = control("b", "POST", "/clock?advance=60")
        let seconds = [nil, "a", "b"].map { tenant in
            tenants.decide(for: tenant, at: Fixture.start) { _, now in now.seconds - Fixture.start.seconds }
        }
        #expect(seconds == [0, 0, 60])
        let exchange = tenants.decide(for: "a", at: Fixture.start) { laboratory, now in
            laboratory.begin(Fixture.head("scan-file", gicar: nil), on: .apiConnect, connection: 1, at: now).0
        }
        #expect(exchange.tenant == "a")
        let line = tenants.decide(for: "a", at: Fixture.start) { $0.record(exchange, .reset, at: $1) }
        #expect(JSONReader.read(Array(line.utf8))?["tenant"] == "a")
        #expect(control("a", "GET", "/counts") == ["scanFile": ["reset": 1]])
        #expect(control(nil, "GET", "/counts") == [:])
    }

    @Test func `a clock that is moved makes tokens expire`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let head = RequestHead(method: "POST", target: "/clock?advance=300")
        #expect(fixture.laboratory.control(head, body: [], at: fixture.now).json?["advance"] == 300)
        #expect(fixture.laboratory.clockOffset == 300_000)
        fixture.now = fixture.now.advanced(byMilliseconds: fixture.laboratory.clockOffset)
        #expect(fixture.send(Fixture.head("authentication", gicar: gicar), to: .apiConnect).response.status == 401)
    }
}
