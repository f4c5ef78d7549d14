// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct PacedQueueTests {
    @Test func `a burst waits for the next minute and goes out in it`() {
        var line = PacingSimulation(10, nil)
        for _ in 0..<15 { line.scan(1) }
        #expect(line.admitted.count == 9)
        line.pass(49)
        #expect(line.admitted.count == 9)
        line.pass(2)
        #expect(line.admitted.count == 15)
    }

    @Test func `what cannot start before its deadline is told so at once, and when to come back`() throws {
        var line = PacingSimulation(10, nil)
        for _ in 0..<9 { line.scan(1) }
        let late = line.scan(1, within: 20)
        let told = try #require(line.requests[late])
        #expect(told.toldAt == told.joinedAt)
        #expect(try #require(told.toldAfter) > .seconds(49))
        let inTime = line.scan(1, within: 60)
        #expect(line.requests[inTime]?.toldAt == nil)
        line.pass(60)
        #expect(line.requests[inTime]?.admittedAt != nil)
    }

    @Test func `a line that is full turns away whoever comes`() {
        var line = PacingSimulation(1, nil, longestLine: 3)
        for _ in 0..<4 { line.scan(1, within: 3600) }
        let one = line.scan(2, within: 3600)
        #expect(line.requests[one]?.toldAt != nil)
    }

    @Test func `ten thousand files of one connection delay nobody else`() throws {
        var line = PacingSimulation(100, nil)
        for _ in 0..<10_000 { line.scan(1, 1, within: 3600) }
        let neighbour = line.scan(1, 2)
        let other = line.scan(2, 3)
        line.pass(51)
        for number in [neighbour, other] { #expect(line.requests[number]?.admittedAt != nil) }
        // 99 a minute, in this minute and the sixty that begin within the hour, are not ten thousand.
        let told = line.requests.values.filter { $0.toldAt != nil }.count
        #expect(told == 10_000 + 2 - 61 * 99)
    }

    @Test func `a renewal goes out in a minute that scans have used up`() {
        var line = PacingSimulation(10, 100)
        for _ in 0..<50 { line.scan(1) }
        let token = line.token()
        #expect(line.requests[token]?.admittedAt != nil)
    }

    @Test func `a plan with no share for tokens serves them first`() {
        var line = PacingSimulation(2, nil)
        for _ in 0..<4 { line.scan(1) }
        let token = line.token()
        #expect(line.requests[token]?.admittedAt == nil)
        line.pass(51)
        #expect(line.admitted.firstIndex(of: token) == 2)
    }

    @Test func `a refusal is told to those who cannot outwait it`() throws {
        var line = PacingSimulation(1, nil)
        line.scan(1)
        let patient = line.scan(1, within: 300)
        let hasty = line.scan(2, within: 115)
        #expect(line.requests[hasty]?.toldAt == nil)
        line.refused(112)
        #expect(try #require(line.requests[hasty]?.toldAfter) > .seconds(115))
        #expect(line.requests[patient]?.toldAt == nil)
        line.pass(250)
        #expect(line.requests[patient]?.admittedAt != nil)
    }

    @Test func `an answer that ends a refusal lets the others go`() {
        var line = PacingSimulation(nil, nil)
        line.refused()
        line.pass(53)
        line.refused()
        let first = line.scan(1, within: 3600)
        let second = line.scan(2, within: 3600)
        line.pass(62)
        #expect(line.requests[first]?.admittedAt != nil)
        #expect(line.requests[second]?.admittedAt == nil)
        let report = PlanReport(UpstreamReply(status: 200, headers: [], body: []))
        line.perform(line.queue.accepted(report, sentAt: line.moment.now, line.moment))
        #expect(line.requests[second]?.admittedAt != nil)
    }

    @Test func `who leaves is not served`() {
        var line = PacingSimulation(1, nil)
        line.scan(1)
        let gone = line.scan(1)
        let next = line.scan(1)
        line.leave(gone)
        line.pass(51)
        #expect(line.requests[next]?.admittedAt != nil)
        let wake = line.queue.nextWake(line.moment)
        #expect(wake == nil)
    }

    @Test(arguments: 0..<300)
    func `no window sees more than the plan, and everybody is served or told`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let perMinute = random.chance(0.8) ? Int.random(in: 1...20, using: &random) : nil
        let perHour = random.chance(0.8) ? Int.random(in: 1...200, using: &random) : nil
        let start = Double.random(in: 1_800_000_000...1_800_007_200, using: &random)
        var line = PacingSimulation(perMinute, perHour, unixTime: start)
        for _ in 0..<Int.random(in: 1...120, using: &random) {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: line.token()
            case 1: line.refused(random.chance(0.5) ? Double.random(in: 0...90, using: &random) : nil)
            case 2: line.pass(Double.random(in: 0...400, using: &random))
            case 3:
                let waiting = line.requests.filter { !$0.value.isAnswered }.keys.min()
                if let waiting { line.leave(waiting) }
            case 4 where seed % 3 == 0: line.moment.unixTime += Double.random(in: -30...30, using: &random)
            case 4...6: line.pass(Double.random(in: 0...20, using: &random))
            default:
                line.scan(
                    UInt32.random(in: 1...3, using: &random),
                    UInt.random(in: 1...4, using: &random),
                    isBulk: random.chance(0.3),
                    within: Double.random(in: 0.1...600, using: &random)
                )
            }
        }
        line.pass(3700)
        // A clock that was set has other minutes than the gateway: nobody can count those.
        if seed % 3 != 0 {
            #expect(line.most("minute") <= perMinute ?? .max)
            #expect(line.most("hour") <= perHour ?? .max)
        }
        for (number, request) in line.requests {
            #expect(request.isAnswered, "\(number) waits for ever")
            guard !request.hasLeft else { continue }
            let answeredAt = try #require(request.admittedAt ?? request.toldAt)
            #expect(answeredAt - request.joinedAt <= .seconds(3600))
            if let admittedAt = request.admittedAt {
                #expect(admittedAt <= request.deadline + .seconds(1), "\(number) started after its deadline")
            } else {
                #expect(answeredAt <= request.deadline + .seconds(61), "\(number) was told after its deadline")
            }
        }
    }
}
