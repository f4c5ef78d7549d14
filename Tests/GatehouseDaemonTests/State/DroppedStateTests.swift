// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehousePlatform
import GatehouseTransfer
import Glibc
import Logging
import Testing

@testable import GatehouseAntivirus
@testable import GatehouseDaemon
@testable import GatehouseSecurityCenter

/// What becomes of records that were passed and cannot be used; IntegrationTests/StateTests has the daemon's side of it.
@Suite struct DroppedStateTests {
    private struct Lines: LogHandler {
        let all: Locked<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let said = event.metadata ?? [:]
            all.withLock { $0.append("\(event.level) \(said["name"] ?? "") \(said["reason"] ?? "")") }
        }
    }

    /// Seals as fcntl(2) numbers them.
    private struct Seals: OptionSet {
        let rawValue: Int32
        static let seal = Seals(rawValue: 1)
        static let shrink = Seals(rawValue: 2)
        static let grow = Seals(rawValue: 4)
        static let write = Seals(rawValue: 8)
        static let all: Seals = [.seal, .shrink, .grow, .write]
    }

    private static let saved = StateMoment(
        instant: Instant(nanoseconds: 5_000_000_000_000),
        unixTime: 1_700_000_000,
        bootID: "boot"
    )

    private static func moment(_ seconds: Double) -> StateMoment {
        StateMoment(
            instant: saved.instant + .seconds(seconds),
            unixTime: saved.unixTime + seconds,
            bootID: saved.bootID
        )
    }

    private func key(_ secret: String = "secret") throws -> SealingKey {
        try #require(SealingKey(credentials: [("client", Secret(secret))]))
    }

    private func sealed(_ generation: UInt64, at moment: StateMoment = saved) throws -> [UInt8] {
        let record = StateRecord(
            moment,
            isFinal: true,
            profiles: [],
            servers: [("main", "\(generation)")],
            gateways: SavedGateways()
        )
        return try #require(SealedState.seal(record, generation: generation, try key()))
    }

    /// A file in memory; whoever is given its number closes it.
    private func file(_ content: [UInt8], size: Int = 0, _ seals: Seals = .all) throws -> Int32 {
        let number = gatehouse_memory_file("state")
        try #require(number >= 0)
        #expect(write(number, content, content.count) == content.count)
        if size > 0 { #expect(ftruncate(number, size) == 0) }
        if !seals.isEmpty { #expect(fcntl(number, 1033, seals.rawValue) == 0) }
        return number
    }

    /// What is used of the passed, and what the log says of the others.
    private func take(
        _ passed: [(name: String, number: Int32)],
        _ key: SealingKey?,
        now: StateMoment = saved
    ) -> (used: String?, lines: [String]) {
        let lines = Locked<[String]>([])
        let state = PassedState(passed)
        let log = Logger(label: "test") { _ in Lines(all: lines) }
        let used = state.takeNewest(key, now: now, log)
        for (_, number) in passed {
            #expect(fcntl(number, F_GETFD) < 0, "it is closed")
        }
        #expect(state.takeNewest(key, now: now, log) == nil, "none is looked at twice")
        return (used?.name, lines.withLock { $0 })
    }

    @Test func `a record that is whole is used, without a line in the log`() throws {
        let (used, lines) = take([("gatehouse-state-7", try file(try sealed(7)))], try key())
        #expect(used == "gatehouse-state-7" && lines.isEmpty)
    }

    @Test(arguments: [
        ("of another key", "the credentials have changed"),
        ("without a key", "there is no credential to read it with"),
        ("from the future", "by this clock it comes from the future"),
        ("of another generation than its name says", "it is none that gatehoused has stored"),
        ("not sealed", "its file is not sealed"),
        ("not sealed against writing", "its file is not sealed"),
        ("not sealed against growing", "its file is not sealed"),
        ("not sealed against shrinking", "its file is not sealed"),
        ("too large", "it is too large"),
        ("on a disk", "its file is not sealed"),
        ("a device", "its file is not sealed"),
        ("a pipe", "its file is not sealed"),
        ("a socket", "its file is not sealed"),
    ])
    func `a record that cannot be used is closed, and named once with the reason`(how: String, reason: String) throws {
        var (key, now, number) = (Optional(try key()), Self.saved, Int32(-1))
        switch how {
        case "of another key": key = try self.key("another")
        case "without a key": key = nil
        case "from the future": now = Self.moment(-1)
        case "of another generation than its name says": number = try file(try sealed(8))
        case "not sealed": number = try file(try sealed(7), [])
        case "not sealed against writing": number = try file(try sealed(7), [.seal, .grow, .shrink])
        case "not sealed against growing": number = try file(try sealed(7), [.seal, .write, .shrink])
        case "not sealed against shrinking": number = try file(try sealed(7), [.seal, .write, .grow])
        case "too large": number = try file(try sealed(7), size: 64 << 20 + 1)
        case "on a disk": number = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        case "a device": number = open("/dev/null", O_RDWR | O_CLOEXEC)
        case "a pipe":
            var ends: [Int32] = [-1, -1]
            #expect(pipe(&ends) == 0)
            close(ends[1])
            number = ends[0]
        default: number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        if number < 0 { number = try file(try sealed(7)) }
        let (used, lines) = take([("gatehouse-state-7", number)], key, now: now)
        #expect(used == nil)
        #expect(lines == ["notice gatehouse-state-7 \(reason)"])
    }

    @Test func `the newest is used, whatever their order, and the older are no news`() throws {
        let passed = try [3, 11, 7].map { generation in
            ("gatehouse-state-\(generation)", try file(try sealed(generation)))
        }
        let (used, lines) = take(passed, try key())
        #expect(used == "gatehouse-state-11")
        #expect(lines == [7, 3].map { "debug gatehouse-state-\($0) there is a newer one" })
    }

    @Test func `where the newest cannot be used, the next one is`() throws {
        let passed = [
            ("gatehouse-state-3", try file(try sealed(3))),
            ("gatehouse-state-7", try file(try sealed(7), [])),
            ("gatehouse-state-5", try file(Array(try sealed(5).dropLast()))),
        ]
        #expect(PassedState([]).newestGeneration == 0)
        let (used, lines) = take(passed, try key())
        #expect(used == "gatehouse-state-3")
        #expect(
            lines == [
                "notice gatehouse-state-7 its file is not sealed", "notice gatehouse-state-5 it is damaged",
            ]
        )
    }

    @Test(arguments: [
        ("gatehouse-state-0", UInt64(0)), ("gatehouse-state-9223372036854775807", 1 << 63 - 1),
        ("gatehouse-state-9223372036854775808", nil), ("gatehouse-state-18446744073709551614", nil),
        ("gatehouse-state-18446744073709551615", nil), ("gatehouse-state-", nil), ("gatehouse-state--1", nil),
        ("gatehouse-state-1x", nil), ("stored", nil), ("", nil),
    ])
    func `a name says its generation, or is no record's`(name: String, generation: UInt64?) {
        #expect(DescriptorStore.generation(name) == generation)
    }
}
