// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseTransfer

/// An account is not tried again and again, or its server locks it.
struct SFTPGateTests {
    private let time = HeldTime()
    private let gate: SFTPGate

    init() { gate = SFTPGate(time: time) }

    private static let refusal = DropError(.wrongCredentials, "no")

    private func logIn(_ isRefused: Bool) -> DropError? {
        do throws(DropError) {
            try gate.pass { () throws(DropError) in if isRefused { throw Self.refusal } }
            return nil
        } catch {
            return error
        }
    }

    @Test func `after a refused login none is tried for a minute, and the next that is let in ends it`() {
        #expect(logIn(true) == Self.refusal)
        #expect(logIn(false) == Self.refusal && gate.hasRefused)
        time.pass(.seconds(60))
        #expect(gate.hasRefused)
        #expect(logIn(false) == nil && !gate.hasRefused)
        #expect(logIn(false) == nil)
    }

    @Test func `what was logged in before does not end the pause`() throws {
        #expect(logIn(true) == Self.refusal)
        try gate.note {}
        #expect(logIn(false) == Self.refusal)
        time.pass(.seconds(60))
        try gate.pass { #expect(logIn(true) == Self.refusal) }
        #expect(logIn(false) == Self.refusal && gate.hasRefused)
    }
}
