// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Testing

@testable import GatehouseClient

@Suite struct CallTableTests {
    private let start = Instant(nanoseconds: 1000)
    private let told = Locked<[CallTable.Outcome]>([])

    private func message(_ id: Int) -> CallTable.Outgoing {
        CallTable.Outgoing(id: id, bytes: [UInt8(id)], descriptors: [])
    }

    private func submit(_ table: inout CallTable) -> Int {
        let id = table.reserve()
        let told = told
        table.submit(message(id), id: id) { outcome in told.withLock { $0.append(outcome) } }?.deliver()
        return id
    }

    private var outcomes: [CallTable.Outcome] { told.withLock { $0 } }

    @Test func `a call that was cancelled before it began is never sent`() {
        var table = CallTable()
        let id = table.reserve()
        table.cancel(id, now: start)?.deliver()
        let told = told
        table.submit(message(id), id: id) { outcome in told.withLock { $0.append(outcome) } }?.deliver()
        #expect(outcomes == [.failure(.cancelled)])
        #expect(table.takeOutgoing() == nil)
    }

    @Test func `a queued call is cancelled without a word to the daemon`() {
        var table = CallTable()
        let first = submit(&table)
        let second = submit(&table)
        table.cancel(first, now: start)?.deliver()
        #expect(outcomes == [.failure(.cancelled)])
        #expect(table.takeOutgoing()?.id == second)
        #expect(table.takeOutgoing() == nil)
    }

    @Test func `a sent call is cancelled once and its answer still counts`() throws {
        var table = CallTable()
        let id = submit(&table)
        _ = table.takeOutgoing()
        table.cancel(id, now: start)?.deliver()
        table.cancel(id, now: start)?.deliver()
        #expect(table.takeOutgoing()?.bytes == Request.cancellation(of: id))
        #expect(table.takeOutgoing() == nil)
        #expect(outcomes.isEmpty)
        try table.answer(id, .success(true))?.deliver()
        #expect(outcomes == [.success(true)])
    }

    @Test func `a cancelled call gives up after its time, and its late answer is dropped`() throws {
        var table = CallTable()
        let id = submit(&table)
        _ = table.takeOutgoing()
        table.cancel(id, now: start)?.deliver()
        #expect(table.nextExpiry == start + CallTable.grace)
        #expect(table.expire(now: start + .milliseconds(1999)).isEmpty)
        for delivery in table.expire(now: start + .seconds(2)) { delivery.deliver() }
        #expect(outcomes == [.failure(.cancelled)])
        #expect(table.nextExpiry == nil)
        #expect(try table.answer(id, .success(true)) == nil)
        #expect(throws: ClientError.self) { try table.answer(id, .success(true)) }
    }

    @Test func `no more is sent than the daemon takes at once, and the rest in its order`() throws {
        var table = CallTable(most: 2)
        let ids = (0..<5).map { _ in submit(&table) }
        #expect([table.takeOutgoing()?.id, table.takeOutgoing()?.id] == [ids[0], ids[1]])
        #expect(table.takeOutgoing() == nil && !table.mayTakeRequest)
        // One that waits for its turn makes no place when it goes.
        table.cancel(ids[2], now: start)?.deliver()
        #expect(outcomes == [.failure(.cancelled)] && table.takeOutgoing() == nil)
        _ = try table.answer(ids[1], .success(true))
        #expect(table.mayTakeRequest)
        #expect(table.takeOutgoing()?.id == ids[3] && table.takeOutgoing() == nil)
        // The daemon has one that nobody waits for any more until it answers; a cancellation waits for no place.
        table.cancel(ids[0], now: start)?.deliver()
        #expect(table.takeOutgoing()?.bytes == Request.cancellation(of: ids[0]))
        _ = table.expire(now: start + .seconds(2))
        #expect(table.takeOutgoing() == nil)
        _ = try table.answer(ids[0], .success(true))
        #expect(table.takeOutgoing()?.id == ids[4])
    }

    @Test func `a request that did not leave after all is told so, and makes a place`() {
        var table = CallTable(most: 1)
        let first = submit(&table)
        let second = submit(&table)
        _ = table.takeOutgoing()
        #expect(table.takeOutgoing() == nil)
        table.fail(first, .cannotSend(reason: "x"))?.deliver()
        #expect(outcomes == [.failure(.cannotSend(reason: "x"))])
        #expect(table.takeOutgoing()?.id == second)
    }

    @Test func `an answer to what was not sent is refused`() {
        var table = CallTable()
        let id = submit(&table)
        #expect(throws: ClientError.self) { try table.answer(id, .success(true)) }
        #expect(throws: ClientError.self) { try table.answer(99, .success(true)) }
    }

    @Test func `the end tells every waiting call once, and later ones too`() {
        var table = CallTable()
        _ = submit(&table)
        let reserved = table.reserve()
        _ = table.takeOutgoing()
        _ = submit(&table)
        let reason = ClientError.connectionLost(reason: "x")
        for delivery in table.finish(reason) { delivery.deliver() }
        #expect(table.finish(.cancelled).isEmpty)
        let told = told
        table.submit(message(reserved), id: reserved) { outcome in told.withLock { $0.append(outcome) } }?.deliver()
        _ = submit(&table)
        #expect(outcomes == [.failure(reason), .failure(reason), .failure(reason), .failure(reason)])
        #expect(table.takeOutgoing() == nil)
    }
}

extension CallTable.Outgoing: Equatable {
    static func == (left: Self, right: Self) -> Bool { left.id == right.id && left.bytes == right.bytes }
}

extension CallTable.Delivery: Equatable {
    static func == (left: Self, right: Self) -> Bool { left.outcome == right.outcome }
}
