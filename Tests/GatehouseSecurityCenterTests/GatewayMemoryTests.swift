// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

@testable import GatehouseSecurityCenter

/// What an open gateway costs, by the pages that many of them take.
@Suite(.serialized) struct GatewayMemoryTests {
    @Test func `a gateway behind two secondaries takes less than 8 KiB`() throws {
        let now = Instant(nanoseconds: 1_000_000_000_000)
        let count = 20_000
        var limits = GatewayLimits()
        limits.perUser = count
        limits.total = count
        var table = GatewayTable(limits: limits, pingIntervals: [:], seed: 1)
        let before = try Self.residentBytes()
        for number in 0..<count {
            let id = "\(number)-0a1b2c3d-0000-1111-2222-333344445555"
            let route = try Route([.secondary(1), .secondary(2), .agent(id)])
            let waiter = UpstreamWaiter(number: UInt64(number))
            let key = UpstreamKey(server: "main", route: route, owner: UInt32(number % 7))
            guard case .open(let upstream)? = table.acquire(key, keep: .zero, waiter, now: now).first else { continue }
            let locations = try (0..<3).map { _ in try Self.location(id) }
            let session = UpstreamSession.session(Secret("nsPbUpP1oAVZlM1lODEbg8A=="))
            let actions = table.opened(upstream, on: "main", session, locations: locations, now: now)
            guard case .deliver(_, let lease)? = actions.first else { continue }
            try table.add(.random(), over: lease, idleTimeout: .seconds(900), now: now)
            _ = table.release(lease, hasContact: true, now: now)
        }
        let used = try Self.residentBytes() - before
        #expect(table.gateways.count == count)
        #expect(used / count < 8192, "\(used / count) bytes")
        print("bytes a gateway:", used / count)
        withExtendedLifetime(table) {}
    }

    /// The second number of /proc/self/statm, in pages (proc(5)).
    private static func residentBytes() throws -> Int {
        let text = try String(contentsOf: URL(fileURLWithPath: "/proc/self/statm"), encoding: .utf8)
        return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// As agents' are, by what is known of them.
    private static func location(_ id: String) throws -> JSONValue {
        try JSONValue(
            parsing: """
                {"type":"params","value":{"GwLocHostId":"\(id)","GwLocIndirect":true,"GwLocLocation":"\(id)",
                "GwLocSignUdp":false,"GwLocTargetComponent":"","GwLocUseCompression":false,
                "Sign":{"type":"binary","value":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}}
                """
        )
    }
}
