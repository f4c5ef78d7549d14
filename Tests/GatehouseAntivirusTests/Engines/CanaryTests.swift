// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct CanaryTests {
    private static let testFile = [
        "X5O!P%@AP[4\\PZX54(P^)", "7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*",
    ].joined()

    @Test func `the first canary is the test file, and no archive shows it`() {
        #expect(CanaryFile.bytes(.eicar, number: 1) == Array(Self.testFile.utf8))
        for canary in [Canary.encrypted, .nested] {
            let text = String(decoding: CanaryFile.bytes(canary, number: 1), as: UTF8.self)
            #expect(!text.contains("EICAR-STANDARD"))
            #expect(CanaryFile.bytes(canary, number: 1) != CanaryFile.bytes(canary, number: 2))
        }
    }

    @Test func `the checksum of the standard's nine digits is the standard's`() {
        #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
    }

    private let start = Instant(nanoseconds: 0)

    private func later(_ seconds: Int) -> Instant { start + .seconds(seconds) }

    @Test func `the first scan has the engine checked, and the others wait for it`() throws {
        var record = CanaryRecord(accepted: [])
        #expect(record.admit(now: start) == .waits(startsCheck: true))
        #expect(record.admit(now: start) == .waits(startsCheck: false))
        try record.checked(.success([]), now: start).get()
        #expect(record.standing.state == .inService)
        #expect(record.admit(now: later(3599)) == .admitted)
        #expect(record.admit(now: later(3600)) == .waits(startsCheck: true))
    }

    @Test(arguments: Canary.allCases)
    func `an engine that calls one clean is out of service unless that is accepted`(_ canary: Canary) {
        var record = CanaryRecord(accepted: Canary.allCases.filter { $0 != canary })
        _ = record.admit(now: start)
        let refusal = #expect(throws: AntivirusError.self) { try record.checked(.success([canary]), now: start).get() }
        #expect(refusal?.code == .failsOpen)
        #expect(record.standing.state == .outOfService)
        #expect(record.admittedUntil == nil)
        guard case .refused(let error) = record.admit(now: later(59)) else {
            Issue.record("it is asked at once")
            return
        }
        #expect(error.message.contains(canary.rawValue))

        var accepting = CanaryRecord(accepted: [canary])
        _ = accepting.admit(now: start)
        #expect(throws: Never.self) { try accepting.checked(.success([canary]), now: start).get() }
        #expect(accepting.standing.state == .inService)
        #expect(accepting.standing.calledClean == [canary])
    }

    @Test func `an engine that was repaired is back with the first scan after a minute`() throws {
        var record = CanaryRecord(accepted: [])
        _ = record.admit(now: start)
        _ = record.checked(.success([.eicar]), now: start)
        #expect(record.admit(now: later(60)) == .waits(startsCheck: true))
        try record.checked(.success([]), now: later(60)).get()
        #expect(record.admit(now: later(61)) == .admitted)
    }

    @Test func `a check that came to no end passes nothing, and the next scan starts another`() {
        var record = CanaryRecord(accepted: [])
        let failure = AntivirusError(.unreachable, "gone")
        _ = record.admit(now: start)
        #expect(throws: failure) { try record.checked(.failure(failure), now: later(1)).get() }
        #expect(record.standing.state == .notChecked)
        #expect(record.standing.lastFailure == failure)
        #expect(record.admit(now: later(1)) == .waits(startsCheck: true))
    }

    @Test func `an engine that went away is checked before it is used again`() throws {
        var record = CanaryRecord(accepted: [])
        _ = record.admit(now: start)
        try record.checked(.success([]), now: start).get()
        record.lost()
        #expect(record.admit(now: later(1)) == .waits(startsCheck: true))
    }

    @Test func `a failed check leaves an engine that fails open out of service`() {
        var record = CanaryRecord(accepted: [])
        _ = record.admit(now: start)
        _ = record.checked(.success([.nested]), now: start)
        #expect(record.admit(now: later(60)) == .waits(startsCheck: true))
        _ = record.checked(.failure(AntivirusError(.unreachable, "gone")), now: later(60))
        #expect(record.standing.state == .outOfService)
        #expect(record.admit(now: later(61)) == .waits(startsCheck: true))
    }
}
