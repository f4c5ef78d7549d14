// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseAntivirus
@testable import GatehouseDaemon
@testable import GatehouseSecurityCenter

@Suite struct StateRecordTests {
    private static let saved = StateMoment(
        instant: Instant(nanoseconds: 5_000_000_000_000),
        unixTime: 1_700_000_000,
        bootID: "boot"
    )

    private func key(_ secret: String = "secret") throws -> SealingKey {
        try #require(SealingKey(credentials: [("client", Secret(secret))]))
    }

    /// A record with anything in it.
    private static func record(_ random: inout SeededNumbers) throws -> StateRecord {
        func token(_ random: inout SeededNumbers) -> SavedTokens.Token? {
            guard random.flag() else { return nil }
            return SavedTokens.Token(
                access: Secret("access-\(random.next())"),
                refresh: random.flag() ? Secret("refresh") : nil,
                countedFrom: random.instant(),
                lifetime: .seconds(Int64.random(in: 1...100_000, using: &random)),
                isRejected: random.flag(),
                refreshIsUsable: random.flag(),
                isUsed: random.flag(),
                lastUsedAt: random.flag() ? random.instant() : nil
            )
        }
        let profiles = (0..<Int.random(in: 0...3, using: &random)).map { number in
            let tokens = SavedTokens(gicar: token(&random), spe: token(&random))
            return StateRecord.Profile(name: "p\(number)", binding: "url\n\(number)", tokens: tokens)
        }
        let routes: [[Route.Node]] = [
            [], [.secondary(-7)], [.secondary(1), .agent("host")], [.secondaryInstance("é")],
            [.agent("h"), .component(product: "KES", version: "", name: "x")],
            [.location(Route.RawLocation(["a": [15, false, "x"]]))],
        ]
        var gateways = SavedGateways()
        for number in 0..<Int.random(in: 0...4, using: &random) {
            gateways.sessions.append(
                SavedGateways.Session(
                    server: "main",
                    route: try Route(routes[Int.random(in: routes.indices, using: &random)]),
                    owner: UInt32(number),
                    isConnection: random.flag(),
                    id: random.flag() ? Secret("session-\(number)") : nil,
                    generation: random.next(),
                    locations: [["type": "params", "value": ["n": .number(JSONNumber(Int64(number)))]]],
                    openedAt: random.instant(),
                    lastContact: nil,
                    keptUntil: random.flag() ? random.instant() : nil
                )
            )
            gateways.gateways.append(
                SavedGateways.Gateway(
                    handle: .random(),
                    session: Int.random(in: gateways.sessions.indices, using: &random),
                    openedAt: random.instant(),
                    lastUse: random.instant(),
                    idleTimeout: .seconds(900)
                )
            )
        }
        return StateRecord(
            saved,
            isFinal: random.flag(),
            profiles: profiles,
            servers: [("main", "https://ksc\n\nuser")],
            gateways: gateways
        )
    }

    private static func bytes(_ record: StateRecord) -> [UInt8] {
        var writer = SecretWriter()
        record.write(to: &writer)
        return writer.withBytes { Array($0) }
    }

    @Test(arguments: 0..<200)
    func `what was sealed is opened, byte for byte`(seed: Int) throws {
        var random = SeededNumbers(seed)
        let record = try Self.record(&random)
        let sealed = try #require(SealedState.seal(record, generation: 7, try key()))
        let opened = try SealedState.open(sealed, try key(), now: Self.saved)
        #expect(Self.bytes(opened) == Self.bytes(record))
        #expect(SealedState.generation(of: sealed) == 7)
    }

    @Test(arguments: 0..<20)
    func `whatever was done to it, the reason is clean`(seed: Int) throws {
        var random = SeededNumbers(seed)
        let key = try key()
        let sealed = try #require(SealedState.seal(try Self.record(&random), generation: 7, key))
        func reason(_ bytes: [UInt8], _ other: SealingKey? = nil) -> DroppedState? {
            do {
                _ = try SealedState.open(bytes, other ?? key, now: Self.saved)
                return nil
            } catch {
                return error
            }
        }
        #expect(reason([]) == .foreign)
        #expect(reason(Array("something else that is quite long enough".utf8)) == .foreign)
        #expect(reason(sealed, try self.key("other")) == .otherCredentials)
        for count in 1..<sealed.count { #expect(reason(Array(sealed.prefix(count))) != nil) }
        for _ in 0..<300 {
            var changed = sealed
            changed[Int.random(in: changed.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            #expect(reason(changed) != nil)
        }
        var newer = sealed
        newer[9] += 1
        #expect(reason(newer) == .otherVersion(2))
        #expect(reason(sealed) == nil)
    }

    @Test(arguments: 0..<50)
    func `a record that is wrong in spite of its seal never traps`(seed: Int) throws {
        var random = SeededNumbers(seed)
        let bytes = Self.bytes(try Self.record(&random))
        for _ in 0..<300 {
            var changed = bytes
            changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            if random.flag() { changed.removeLast(Int.random(in: 0..<changed.count, using: &random)) }
            changed.withUnsafeBytes { _ = try? StateRecord($0, now: Self.saved) }
        }
    }

    // MARK: Time

    private static func moment(_ seconds: Int64, wall: Double, boot: String?) -> StateMoment {
        StateMoment(instant: Instant(nanoseconds: seconds * 1_000_000_000), unixTime: wall, bootID: boot)
    }

    @Test func `in one run of the machine times stay as they are, whatever the wall clock does`() {
        let before = Self.moment(1000, wall: 1_700_000_000, boot: "a")
        for wall in [1_700_000_010.0, 1_600_000_000, 1_800_000_000] {
            #expect(Self.moment(1010, wall: wall, boot: "a").shift(from: before) == 0)
        }
        #expect(Self.moment(990, wall: 1_700_000_010, boot: "a").shift(from: before) == nil)
    }

    @Test func `in another run the wall clock counts, and one that went back drops the state`() {
        let before = Self.moment(1000, wall: 1_700_000_000, boot: "a")
        // 100 s later by the wall clock, 20 s after another boot: what was now then is 80 s before this boot.
        #expect(Self.moment(20, wall: 1_700_000_100, boot: "b").shift(from: before) == -1_080_000_000_000)
        #expect(Self.moment(20, wall: 1_699_999_999, boot: "b").shift(from: before) == nil)
    }

    @Test func `where the run is not known, more time has passed rather than less`() {
        let before = Self.moment(1000, wall: 1_700_000_000, boot: nil)
        #expect(Self.moment(1010, wall: 1_700_000_010, boot: nil).shift(from: before) == 0)
        #expect(Self.moment(1010, wall: 1_699_000_000, boot: "a").shift(from: before) == 0)
        #expect(Self.moment(1010, wall: 1_700_000_110, boot: nil).shift(from: before) == -100_000_000_000)
        #expect(Self.moment(990, wall: 1_699_000_000, boot: nil).shift(from: before) == nil)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300])
    func `a wall clock that is no time drops the state`(wall: Double) {
        let before = Self.moment(1000, wall: wall, boot: nil)
        #expect(Self.moment(1010, wall: 1_700_000_010, boot: nil).shift(from: before) == nil)
    }
}

/// Random numbers that repeat (SplitMix64).
private struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Int) {
        state = UInt64(seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func flag() -> Bool { next() & 1 == 1 }

    mutating func instant() -> Instant { Instant(nanoseconds: Int64(next() >> 16)) }
}
