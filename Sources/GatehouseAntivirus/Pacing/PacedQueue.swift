// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// Who may call next under a plan, and who had better come back later: the pacing of one profile without I/O.
///
/// Inputs come with the time and return what to do. Tokens go before scans, scans in the order of ``FairQueue``. Who
/// cannot start before its deadline is told so at once, and later when refusals or later callers have changed that.
package struct PacedQueue: Sendable {
    /// One request that waits.
    package struct Waiter: Hashable, Sendable {
        /// Any number that is unique among the waiters of a queue.
        package let number: UInt64

        /// Names a waiter.
        package init(number: UInt64) {
            self.number = number
        }
    }

    /// What the shell around the machine does next.
    package enum Action: Equatable, Sendable {
        /// Lets a request go; it owns the call.
        case admit(Waiter, PlanTicket)
        /// Tells a request that it cannot start in time, and when one like it could.
        case turnAway(Waiter, comeBackAfter: Duration)
        /// Tells a request that too many wait already.
        case refuse(Waiter, comeBackAfter: Duration)
    }

    private struct Entry: Sendable {
        let waiter: Waiter
        let deadline: Instant
    }

    private var windows: PlanWindows
    private var line = FairQueue<Entry>()
    private var places: [Waiter: FairPlace] = [:]
    private var tokens: [Entry] = []
    private let longestLine: Int

    /// Paces by a plan; no more than `longestLine` scans wait.
    package init(_ windows: PlanWindows, longestLine: Int) {
        self.windows = windows
        self.longestLine = max(longestLine, 1)
    }

    // MARK: Requests

    /// A scan wants to call; one that comes back after it had been let go goes to the head of its connection's line.
    package mutating func request(
        _ waiter: Waiter,
        at place: FairPlace,
        before deadline: Instant,
        isReturning: Bool = false,
        _ moment: Moment
    ) -> [Action] {
        guard line.count < longestLine else {
            return [.refuse(waiter, comeBackAfter: windows.delay(until: line.count + 1, at: moment))]
        }
        line.append(
            Entry(waiter: waiter, deadline: deadline),
            number: waiter.number,
            at: place,
            isReturning: isReturning
        )
        places[waiter] = place
        let actions = serve(moment)
        guard places[waiter] != nil, let rank = line.rank(number: waiter.number, at: place) else { return actions }
        let delay = windows.delay(until: rank, at: moment)
        guard moment.now + delay > deadline else { return actions }
        leave(waiter)
        return actions + [.turnAway(waiter, comeBackAfter: delay)]
    }

    /// A call at once; nil where the plan allows none now.
    ///
    /// Past the line only for a scan that has begun and has to send again.
    package mutating func requestNow(pastLine: Bool = false, _ moment: Moment) -> PlanTicket? {
        guard pastLine || (line.isEmpty && tokens.isEmpty) else { return nil }
        return windows.take(.scan, at: moment)
    }

    /// A token has to be renewed: it waits no longer than until its deadline, and before all scans.
    package mutating func requestToken(_ waiter: Waiter, before deadline: Instant, _ moment: Moment) -> [Action] {
        tokens.append(Entry(waiter: waiter, deadline: deadline))
        let actions = serve(moment)
        guard tokens.contains(where: { $0.waiter == waiter }) else { return actions }
        let delay = windows.delay(until: tokens.count, of: .token, at: moment)
        guard moment.now + delay > deadline else { return actions }
        leave(waiter)
        return actions + [.turnAway(waiter, comeBackAfter: delay)]
    }

    /// A request waits no longer.
    package mutating func leave(_ waiter: Waiter) {
        if let place = places.removeValue(forKey: waiter) {
            _ = line.remove(number: waiter.number, at: place)
        } else {
            tokens.removeAll { $0.waiter == waiter }
        }
    }

    // MARK: Calls

    /// A call that was let go is made now; false where its window has passed and no other is free.
    package mutating func spend(_ ticket: PlanTicket, _ moment: Moment) -> Bool {
        windows.spend(ticket, at: moment)
    }

    /// A call that was let go is not made.
    package mutating func giveBack(_ ticket: PlanTicket, _ moment: Moment) -> [Action] {
        windows.giveBack(ticket, at: moment)
        return serve(moment)
    }

    /// The gateway answered a call that was sent at that time with something else than 429.
    package mutating func accepted(_ report: PlanReport, sentAt: Instant, _ moment: Moment) -> [Action] {
        windows.corrected(by: report, sentAt: sentAt, at: moment)
        return windows.accepted(sentAt: sentAt) ? serve(moment) : []
    }

    /// The gateway answered 429.
    package mutating func refused(
        _ report: PlanReport,
        sentAt: Instant,
        retryAfter: Duration?,
        _ moment: Moment
    ) -> [Action] {
        windows.refused(sentAt: sentAt, retryAfter: retryAfter, at: moment)
        windows.corrected(by: report, sentAt: sentAt, at: moment)
        return turnAwayTheLate(moment)
    }

    // MARK: Time

    /// Time has passed.
    package mutating func timePassed(_ moment: Moment) -> [Action] {
        serve(moment) + turnAwayTheLate(moment)
    }

    /// When the machine wants ``timePassed(_:)`` without any other input; nil where nobody waits.
    ///
    /// Never more than a minute away, so that a wall clock that was set makes nobody wait for longer.
    package mutating func nextWake(_ moment: Moment) -> Instant? {
        guard !line.isEmpty || !tokens.isEmpty else { return nil }
        let delay = windows.delay(until: 1, of: tokens.isEmpty ? .scan : .token, at: moment)
        return moment.now + min(max(delay, .milliseconds(1)), .seconds(60))
    }

    /// How long a scan would wait that came now and were alone.
    package mutating func delay(_ moment: Moment) -> Duration { windows.delay(until: 1, at: moment) }

    /// Where it stands.
    package mutating func snapshot(_ moment: Moment) -> PlanSnapshot {
        var snapshot = windows.snapshot(at: moment)
        snapshot.waiting = line.count + tokens.count
        return snapshot
    }

    // MARK: Decisions

    private mutating func serve(_ moment: Moment) -> [Action] {
        var actions: [Action] = []
        while let first = tokens.first, let ticket = windows.take(.token, at: moment) {
            tokens.removeFirst()
            actions.append(.admit(first.waiter, ticket))
        }
        // A plan that has no share for tokens must not be spent on scans that cannot go without them.
        guard tokens.isEmpty else { return actions }
        while !line.isEmpty, let ticket = windows.take(.scan, at: moment) {
            guard let next = line.removeNext() else { break }
            places[next.waiter] = nil
            actions.append(.admit(next.waiter, ticket))
        }
        return actions
    }

    /// Looks at everybody in the line as it is now.
    private mutating func turnAwayTheLate(_ moment: Moment) -> [Action] {
        var actions: [Action] = []
        for (index, entry) in tokens.enumerated() {
            let delay = windows.delay(until: index + 1, of: .token, at: moment)
            if moment.now + delay > entry.deadline { actions.append(.turnAway(entry.waiter, comeBackAfter: delay)) }
        }
        var rest = line
        var rank = 1
        while let entry = rest.removeNext() {
            let delay = windows.delay(until: rank, at: moment)
            if moment.now + delay > entry.deadline {
                actions.append(.turnAway(entry.waiter, comeBackAfter: delay))
            } else {
                // Who is turned away makes room for those behind.
                rank += 1
            }
        }
        for case .turnAway(let waiter, _) in actions { leave(waiter) }
        return actions
    }
}
