// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct PlanWindowsTests {
    /// Ten seconds after a whole hour.
    private static let start = Moment(now: Instant(nanoseconds: 5_000_000_000_000), unixTime: 1_800_000_010)

    /// A class, since the macros of a test call nothing that mutates a structure.
    private final class Plan {
        var windows: PlanWindows
        var moment = start

        init(_ perMinute: Int?, _ perHour: Int?) {
            windows = PlanWindows(perMinute: perMinute, perHour: perHour, seed: 3)
        }

        func pass(_ seconds: Double) {
            moment.now = moment.now + .seconds(seconds)
            moment.unixTime += seconds
        }

        func take() -> PlanTicket? { windows.take(.scan, at: moment) }

        func giveBack(_ ticket: PlanTicket) { windows.giveBack(ticket, at: moment) }

        func spend(_ ticket: PlanTicket) -> Bool { windows.spend(ticket, at: moment) }

        func accepted(sentAt: Instant) -> Bool { windows.accepted(sentAt: sentAt) }

        /// How many calls of a kind are let through at once.
        func takeAll(_ kind: PlanTicket.Kind = .scan) -> Int {
            var count = 0
            while count < 1000, windows.take(kind, at: moment) != nil { count += 1 }
            return count
        }

        func delay(_ count: Int = 1) -> Double {
            Double(windows.delay(until: count, at: moment).clampedNanoseconds) / 1e9
        }

        func refused(after seconds: Double = 0, retryAfter: Double? = nil) {
            let sentAt = moment.now
            pass(seconds)
            windows.refused(sentAt: sentAt, retryAfter: retryAfter.map { .seconds($0) }, at: moment)
        }
    }

    @Test(arguments: [(1, 1), (4, 4), (5, 4), (10, 9), (100, 99)])
    func `a minute takes what the plan says, less one for a token`(limit: Int, scans: Int) {
        let plan = Plan(limit, nil)
        #expect(plan.takeAll() == scans)
        #expect(plan.takeAll(.token) == limit - scans)
        #expect(plan.delay() > 49)
        #expect(plan.delay() < 52)
        plan.pass(plan.delay())
        #expect(plan.takeAll() == scans)
    }

    @Test func `an hour takes no more, however many minutes it has`() {
        let plan = Plan(10, 30)
        var sum = 0
        for _ in 0..<59 {
            sum += plan.takeAll()
            plan.pass(60)
        }
        #expect(sum == 28)
        #expect(plan.takeAll(.token) == 2)
        #expect(plan.delay() > 45 && plan.delay() < 52)
        plan.pass(60)
        #expect(plan.takeAll() == 9)
    }

    @Test(arguments: [(1, 0.0), (9, 0), (10, 50.25), (18, 50.25), (19, 110.25), (28, 170.25), (29, 3590.25)])
    func `the wait for a place in the line is known beforehand`(count: Int, seconds: Double) {
        let plan = Plan(10, 30)
        #expect(abs(plan.delay(count) - seconds) < 0.01)
    }

    @Test func `without a plan nothing is counted`() {
        let plan = Plan(nil, nil)
        #expect(plan.takeAll() == 1000)
        #expect(plan.delay(1_000_000) == 0)
    }

    @Test func `a call that was not made is free again, in its own window only`() throws {
        let plan = Plan(1, nil)
        let ticket = try #require(plan.take())
        #expect(plan.takeAll() == 0)
        plan.giveBack(ticket)
        let again = try #require(plan.take())
        plan.pass(60)
        plan.giveBack(again)
        #expect(plan.takeAll() == 1)
    }

    @Test func `a call counts in the window in which it is made`() throws {
        let plan = Plan(1, nil)
        let early = try #require(plan.take())
        plan.pass(60)
        #expect(plan.spend(early))
        #expect(plan.takeAll() == 0)
        plan.pass(60)
        let late = try #require(plan.take())
        plan.pass(60)
        #expect(plan.takeAll() == 1)
        #expect(!plan.spend(late), "another one has taken this minute's call")
    }

    // MARK: Refusals

    @Test func `after a refusal nothing goes out until the next minute, then all`() {
        let plan = Plan(nil, nil)
        plan.refused()
        #expect(plan.takeAll() == 0)
        #expect(plan.delay() > 50 && plan.delay() < 52.5)
        plan.pass(plan.delay() + 0.001)
        #expect(plan.takeAll() == 1000)
    }

    @Test func `a single refusal below the limit costs a second or two`() {
        let plan = Plan(100, 1000)
        plan.refused()
        #expect(plan.takeAll() == 0)
        #expect(plan.delay() >= 1 && plan.delay() < 2)
        plan.pass(plan.delay() + 0.001)
        plan.refused()
        #expect(plan.delay() > 45, "a second one is believed")
    }

    @Test func `a second refusal lasts for the hour, but for one look a minute`() {
        let plan = Plan(nil, nil)
        plan.refused()
        plan.pass(plan.delay() + 0.001)
        plan.refused()
        #expect(plan.takeAll() == 0)
        #expect(plan.delay(1) < 63)
        #expect(plan.delay(2) > 3500)
        plan.pass(plan.delay() + 0.001)
        #expect(plan.takeAll() == 1)
        let sentAt = plan.moment.now
        plan.pass(1)
        let isOver = plan.accepted(sentAt: sentAt)
        #expect(isOver)
        #expect(plan.takeAll() == 1000)
    }

    @Test func `a look that was not made is made by the next`() throws {
        let plan = Plan(nil, nil)
        plan.refused()
        plan.pass(plan.delay() + 0.001)
        plan.refused()
        plan.pass(plan.delay() + 0.001)
        let probe = try #require(plan.take())
        plan.giveBack(probe)
        #expect(plan.takeAll() == 1)
    }

    @Test(arguments: [0.0, 1, 30, 600])
    func `what the gateway asks for is the least that is waited`(seconds: Double) {
        let plan = Plan(100, nil)
        plan.refused(retryAfter: seconds)
        #expect(plan.delay() >= seconds && plan.delay() < seconds + 0.3)
    }

    @Test func `one that always says at once is soon asked only every eight seconds`() {
        let plan = Plan(nil, nil)
        var calls = 0
        for _ in 0..<600 {
            calls += min(plan.takeAll(), 1)
            plan.refused(retryAfter: 0)
            plan.pass(1)
        }
        #expect(calls < 90)
    }

    @Test func `refusals of one burst count as one`() {
        let plan = Plan(nil, nil)
        let sentAt = plan.moment.now
        plan.pass(0.5)
        for _ in 0..<50 { plan.windows.refused(sentAt: sentAt, retryAfter: nil, at: plan.moment) }
        #expect(plan.delay(1000) < 53)
    }

    @Test func `an upload from before a refusal does not end it`() {
        let plan = Plan(nil, nil)
        let sentAt = plan.moment.now
        plan.pass(5)
        plan.refused()
        let isOver = plan.accepted(sentAt: sentAt)
        #expect(!isOver)
        #expect(plan.takeAll() == 0)
    }

    // MARK: Clocks

    @Test func `a wall clock that is set back stops nothing for longer than a window`() {
        let plan = Plan(10, nil)
        #expect(plan.takeAll() == 9)
        plan.moment.unixTime -= 86_400
        #expect(plan.takeAll() == 0, "the same calls are not given twice")
        #expect(plan.delay() <= 61)
        plan.pass(plan.delay() + 0.001)
        #expect(plan.takeAll() == 9)
    }

    @Test func `a wall clock that is set forward begins a new window`() {
        let plan = Plan(10, 20)
        #expect(plan.takeAll() == 9)
        plan.moment.unixTime += 86_400
        #expect(plan.delay() < 1)
        plan.pass(1)
        #expect(plan.takeAll() == 9)
    }

    @Test(arguments: [0.0, -1e300, 1e300, .nan, .infinity])
    func `a clock that says nonsense traps nothing`(unixTime: Double) {
        let plan = Plan(10, 100)
        plan.moment.unixTime = unixTime
        _ = plan.takeAll()
        plan.refused()
        _ = plan.delay(50)
        plan.pass(60)
        _ = plan.takeAll()
        #expect(plan.windows.snapshot(at: plan.moment).minute.used <= 10)
    }

    // MARK: What the gateway reports

    private static func report(_ limit: String?, _ remaining: String?) -> PlanReport {
        var headers: [(name: String, value: String)] = []
        if let limit { headers.append(("x-ratelimit-limit", limit)) }
        if let remaining { headers.append(("x-ratelimit-remaining", remaining)) }
        return PlanReport(UpstreamReply(status: 200, headers: headers, body: []))
    }

    @Test(
        arguments: [
            ("name=per-minute,20; name=per-hour,1000;", "name=per-minute,5; name=per-hour,900;", 5),
            ("name=per-minute,200;", "name=per-minute,150;", 9),
            ("name=per-minute,6;", nil, 5),
            (nil, "name=burst,0;", 0),
            (nil, "name=hour,2;", 0),
            ("name=default,10;", "name=default,3;", 3),
            ("name=default,77;", "name=default,0;", 9),
            ("garbage", ";;,,=;name=,;name=minute,x", 9),
            ("name=per-minute,0;", nil, 9),
            (nil, "name=per-minute,-4;", 9),
            (nil, "name=per-minute,99999999999999999999;", 9),
        ] as [(String?, String?, Int)]
    )
    func `reports lower what is left and never raise it`(limit: String?, remaining: String?, left: Int) {
        let plan = Plan(10, 100)
        plan.windows.corrected(by: Self.report(limit, remaining), sentAt: plan.moment.now, at: plan.moment)
        // One of what is left is the token's.
        let expected = limit != nil && remaining != nil && left > 0 && left < 9 ? left - 1 : left
        #expect(plan.takeAll() == expected)
    }

    @Test func `without a configured plan the reported one is learned`() {
        let plan = Plan(nil, nil)
        let report = Self.report("name=per-minute,8;", "name=per-minute,7;")
        plan.windows.corrected(by: report, sentAt: plan.moment.now, at: plan.moment)
        #expect(plan.takeAll() == 6)
    }

    @Test func `what was left in a window that has passed says nothing of this one`() {
        let plan = Plan(10, nil)
        _ = plan.takeAll()
        let sentAt = plan.moment.now
        plan.pass(60)
        plan.windows.corrected(by: Self.report(nil, "name=per-minute,0;"), sentAt: sentAt, at: plan.moment)
        #expect(plan.takeAll() > 0)
    }

    // MARK: Retry-After

    @Test(
        arguments: [
            ("7", nil, 7.0), ("0", nil, 0), ("86400", nil, 3600), ("-3", nil, nil),
            ("99999999999999999999", nil, 3600), ("+3", nil, nil), ("soon", nil, nil), ("", nil, nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", 30),
            ("Sun, 06 Nov 1994 08:49:37 GMT", nil, 0),
            ("Fri, 15 Jan 2027 08:00:30 GMT", nil, 20),
        ] as [(String, String?, Double?)]
    )
    func `Retry-After is seconds or a date`(value: String, date: String?, seconds: Double?) {
        var headers = [(name: "retry-after", value: value)]
        if let date { headers.append(("date", date)) }
        let reply = UpstreamReply(status: 429, headers: headers, body: [])
        #expect(RetryAfter.delay(reply, unixTime: 1_800_000_010) == seconds.map { .seconds($0) })
    }
}
