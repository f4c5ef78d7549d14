// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct FaultCatalogueTests {
    @Test(arguments: FaultCatalogue.steps)
    func `every step has every kind that the contract names`(_ step: Operation) {
        let kinds = FaultCatalogue.rows.filter { $0.step == step }.map(\.kind)
        for wanted in ["latency=", "reset", "halfBody", "wrongJson", "status=", "drip=", "certificate=", "hang"] {
            #expect(kinds.contains { $0.hasPrefix(wanted) }, "\(wanted)")
        }
        #expect(kinds.contains("revoked") || kinds.contains("revoked=gicar") || kinds.contains("expiredToken"))
        #expect(Set(kinds).count == kinds.count)
    }

    @Test func `the control port lists the table, and takes each of its texts`() throws {
        var fixture = Fixture()
        let list = RequestHead(method: "GET", target: "/faults")
        guard case .array(let rows)? = fixture.laboratory.control(list, body: [], at: fixture.now).json?["faults"]
        else {
            Issue.record("no table")
            return
        }
        #expect(rows.count == FaultCatalogue.rows.count)
        let turnOn = RequestHead(method: "POST", target: "/fault")
        for row in rows {
            for name in ["once", "forGood"] {
                let text = try #require(row[name]?.text)
                #expect(fixture.laboratory.control(turnOn, body: Array(text.utf8), at: fixture.now).status == 200)
            }
        }
    }

    @Test func `a certificate befalls connections to its step's server, and no request`() throws {
        var table = FaultTable([
            try Fault("scanFile:certificate=expired,times=2"), try Fault("token:certificate=otherName,after=1"),
        ])
        #expect(table.take(.scanFile).isEmpty)
        #expect(table.takeCertificate(of: .gicar) == nil)
        #expect(table.takeCertificate(of: .gicar) == .otherName)
        #expect(table.takeCertificate(of: .apiConnect) == .expired)
        #expect(table.takeCertificate(of: .apiConnect) == .expired)
        #expect(table.takeCertificate(of: .apiConnect) == nil)
        #expect(table.takeCertificate(of: .securityCenter) == nil)
        #expect(throws: FaultSyntaxError.self) { try Fault("ksc:certificate=expired") }
    }
}
