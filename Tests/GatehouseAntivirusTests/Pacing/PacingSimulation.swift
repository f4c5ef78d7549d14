// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

/// The shell around a paced queue and a gateway with fixed windows, played by a test on one clock.
struct PacingSimulation {
    struct Request {
        var place: FairPlace
        var joinedAt: Instant
        var deadline: Instant
        var admittedAt: Instant?
        var toldAfter: Duration?
        var toldAt: Instant?
        var hasLeft = false

        var isAnswered: Bool { admittedAt != nil || toldAt != nil || hasLeft }
    }

    var queue: PacedQueue
    var moment: Moment
    var requests: [UInt64: Request] = [:]
    /// Those let go, in their order.
    private(set) var admitted: [UInt64] = []
    /// Calls by their window.
    private(set) var calls: [String: Int] = [:]
    private var last: UInt64 = 0

    init(_ perMinute: Int?, _ perHour: Int?, longestLine: Int = 100_000, unixTime: Double = 1_800_000_010) {
        queue = PacedQueue(PlanWindows(perMinute: perMinute, perHour: perHour, seed: 5), longestLine: longestLine)
        moment = Moment(now: Instant(nanoseconds: 5_000_000_000_000), unixTime: unixTime)
    }

    @discardableResult
    mutating func scan(_ user: UInt32, _ connection: UInt = 0, isBulk: Bool = false, within seconds: Double = 120)
        -> UInt64
    {
        last += 1
        let place = FairPlace(user: user, connection: connection, isBulk: isBulk)
        let deadline = moment.now + .seconds(seconds)
        requests[last] = Request(place: place, joinedAt: moment.now, deadline: deadline)
        perform(queue.request(PacedQueue.Waiter(number: last), at: place, before: deadline, moment))
        return last
    }

    @discardableResult
    mutating func token(within seconds: Double = 70) -> UInt64 {
        last += 1
        let number = last + (1 << 32)
        let deadline = moment.now + .seconds(seconds)
        requests[number] = Request(place: FairPlace(user: 0), joinedAt: moment.now, deadline: deadline)
        perform(queue.requestToken(PacedQueue.Waiter(number: number), before: deadline, moment))
        return number
    }

    mutating func leave(_ number: UInt64) {
        requests[number]?.hasLeft = true
        queue.leave(PacedQueue.Waiter(number: number))
    }

    mutating func refused(_ retryAfter: Double? = nil) {
        let reply = UpstreamReply(status: 429, headers: [], body: [])
        perform(
            queue.refused(PlanReport(reply), sentAt: moment.now, retryAfter: retryAfter.map { .seconds($0) }, moment)
        )
    }

    /// Lets time pass as a loop does: from one wake to the next.
    mutating func pass(_ seconds: Double) {
        let end = moment.now + .seconds(seconds)
        var turns = 0
        while let wake = queue.nextWake(moment), wake <= end {
            #expect(wake > moment.now, "a wake in the past is a busy loop")
            turns += 1
            guard turns < 10_000 else {
                Issue.record("a loop that never rests")
                return
            }
            move(to: wake)
            perform(queue.timePassed(moment))
        }
        move(to: end)
        perform(queue.timePassed(moment))
    }

    private mutating func move(to instant: Instant) {
        moment.unixTime += Double((instant - moment.now).clampedNanoseconds) / 1e9
        moment.now = instant
    }

    mutating func perform(_ actions: [PacedQueue.Action]) {
        for action in actions {
            switch action {
            case .admit(let waiter, let ticket):
                #expect(requests[waiter.number]?.isAnswered == false, "answered twice, or after it left")
                requests[waiter.number]?.admittedAt = moment.now
                admitted.append(waiter.number)
                if queue.spend(ticket, moment) {
                    calls["minute \(Int(moment.unixTime / 60))", default: 0] += 1
                    calls["hour \(Int(moment.unixTime / 3600))", default: 0] += 1
                }
            case .turnAway(let waiter, let delay), .refuse(let waiter, let delay):
                #expect(requests[waiter.number]?.isAnswered == false, "answered twice, or after it left")
                requests[waiter.number]?.toldAfter = delay
                requests[waiter.number]?.toldAt = moment.now
            }
        }
    }

    func most(_ window: String) -> Int { calls.filter { $0.key.hasPrefix(window) }.map(\.value).max() ?? 0 }
}
