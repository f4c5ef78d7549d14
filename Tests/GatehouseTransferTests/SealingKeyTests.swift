// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseTransfer

@Suite struct SealingKeyTests {
    private static let credentials = [("client", Secret("one")), ("password", Secret("two"))]
    private static let record = Array("a record with eyJhbGciOi in it".utf8)

    private func key(_ credentials: [(String, Secret)] = credentials) throws -> SealingKey {
        try #require(SealingKey(credentials: credentials.map { (name: $0.0, secret: $0.1) }))
    }

    private func seal(_ key: SealingKey, _ record: [UInt8] = record, _ associated: [UInt8] = [1, 2]) throws -> [UInt8] {
        try #require(record.withUnsafeBytes { key.seal($0, associated: associated) })
    }

    @Test func `HKDF is that of RFC 5869, test case 1`() throws {
        // The info of this key is longer than the test case's, so the expansion is called as the shim has it.
        let key = [UInt8](repeating: 0x0B, count: 22)
        let salt = (0...0x0C).map { UInt8($0) }
        let info = (0xF0...0xF9).map { UInt8($0) }
        let output = key.withUnsafeBytes { SealingKey.expand($0, salt: salt, info: info, 42) }
        let wanted: [UInt8] = [
            0x3C, 0xB2, 0x5F, 0x25, 0xFA, 0xAC, 0xD5, 0x7A, 0x90, 0x43, 0x4F, 0x64, 0xD0, 0x36, 0x2F, 0x2A, 0x2D, 0x2D,
            0x0A, 0x90, 0xCF, 0x1A, 0x5A, 0x4C, 0x5D, 0xB0, 0x2D, 0x56, 0xEC, 0xC4, 0xC5, 0xBF, 0x34, 0x00, 0x72, 0x08,
            0xD5, 0xB8, 0x87, 0x18, 0x58, 0x65,
        ]
        #expect(output?.withBytes { Array($0) } == wanted)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 4096, 1_000_000])
    func `what was sealed is opened by the same credentials in any order`(count: Int) throws {
        let record = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try seal(try key(), record)
        let opened = try key(Self.credentials.reversed()).open(sealed[...], associated: [1, 2])
        #expect(opened.withBytes { Array($0) } == record)
    }

    @Test func `no two sealings are alike, and none shows the record`() throws {
        let key = try key()
        let sealed = try (0..<2).map { _ in try seal(key) }
        #expect(sealed[0] != sealed[1])
        #expect(!String(decoding: sealed[0], as: UTF8.self).contains("eyJ"))
        #expect(!String(decoding: sealed[0], as: UTF8.self).contains("record"))
    }

    @Test func `every bit counts, and every byte`() throws {
        let key = try key()
        let sealed = try seal(key)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(throws: SealingKey.Fault.self) { try key.open(changed[...], associated: [1, 2]) }
            #expect(throws: SealingKey.Fault.self) { try key.open(sealed[..<index], associated: [1, 2]) }
        }
        #expect(throws: SealingKey.Fault.damaged) { try key.open(sealed[...], associated: [1, 3]) }
        #expect(throws: SealingKey.Fault.damaged) { try key.open((sealed + [0])[...], associated: [1, 2]) }
        #expect(throws: SealingKey.Fault.cutShort) { try key.open([], associated: [1, 2]) }
    }

    @Test(arguments: [
        [("client", Secret("one"))], [("client", Secret("one")), ("password", Secret("tw0"))],
        [("client", Secret("two")), ("password", Secret("one"))],
        [("client", Secret("one")), ("password", Secret("two")), ("totp", Secret("three"))],
        [("clien", Secret("tone")), ("password", Secret("two"))],
    ])
    func `other credentials are told from damage`(others: [(String, Secret)]) throws {
        let sealed = try seal(try key())
        #expect(throws: SealingKey.Fault.otherKey) { try key(others).open(sealed[...], associated: [1, 2]) }
    }

    @Test func `without a credential there is no key`() {
        #expect(SealingKey(credentials: []) == nil)
    }
}
