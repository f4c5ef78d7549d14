// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehouseClient
import GatehouseWire
import Testing

@Suite struct VerdictTests {
    @Test func `a complete clean verdict is clean`() throws {
        #expect(try VerdictObject.checked(FakeDaemon.verdict("clean")).verdict == .clean)
        let full = FakeDaemon.verdict("clean").setting("fileStatus", "CLEAN").setting("scanStatus", "SCAN_SUCCESS")
        #expect(try VerdictObject.checked(full).verdict == .clean)
        #expect(try VerdictObject.checked(FakeDaemon.verdict("infected", threats: ["A"])).verdict == .infected)
    }

    @Test(arguments: ["Clean", "clean ", "ok", "CLEAN", ""])
    func `an unknown word is not scanned`(_ word: String) throws {
        #expect(try VerdictObject.checked(FakeDaemon.verdict(word)).verdict == .notScanned)
    }

    @Test(arguments: ["verdict", "engine", "threats", "requestId", "elapsedMs", "cached"])
    func `a verdict that lacks a member is none`(_ member: String) {
        let verdict = FakeDaemon.verdict("clean").setting(member, nil)
        #expect(throws: ClientError.self) { try VerdictObject.checked(verdict) }
    }

    @Test(
        arguments: [
            ("threats", [["name": "A", "id": nil, "category": nil, "file": nil, "disposition": nil]]),
            ("totalInfections", 1), ("reason", "encrypted"), ("fileStatus", "INFECTED_UNREPAIRED"),
            ("fileStatus", "clean"),
            ("scanStatus", "SCAN_FAILURE"),
        ] as [(String, JSONValue)]
    )
    func `a verdict that contradicts itself is none`(_ member: String, _ value: JSONValue) {
        let verdict = FakeDaemon.verdict("clean").setting(member, value)
        #expect(throws: ClientError.self) { try VerdictObject.checked(verdict) }
    }
}
