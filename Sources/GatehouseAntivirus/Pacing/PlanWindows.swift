// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// How many calls a plan allows in the minute and the hour that are running, and what the gateway's refusals say of it.
///
/// Nothing here waits or reads a clock. The rules are those of the protocol page, section 5: windows are fixed; after a
/// 429 nothing is accepted until the next period.
package struct PlanWindows: Sendable {
    /// After a 429 nothing is sent until its end, but for a probe now and then.
    struct Hold: Sendable {
        var since: Instant
        var until: Instant
        /// When one request may go out to see whether it still stands; nil for not before the end.
        var probeAt: Instant?
    }

    private(set) var minute: PlanWindow
    private(set) var hour: PlanWindow
    private var hold: Hold?
    /// Refusals in a row.
    private var refusals = 0
    /// Whether the first refusal was taken for a slip of the gateway.
    private var wasForgiven = false
    private var backOff: BackOff

    /// Knows as much as the configuration says; nil for no limit, until the gateway names one.
    ///
    /// The seed drives the jitter.
    package init(perMinute: Int?, perHour: Int?, seed: UInt64) {
        // Renewals are few: one a minute and two an hour leave room for a refresh that fails and the full
        // authentication after it. A plan too small for that serves tokens first, see PacedQueue.
        minute = PlanWindow(length: 60, limit: perMinute) { $0 >= 5 ? 1 : 0 }
        hour = PlanWindow(length: 3600, limit: perHour) { $0 >= 20 ? 2 : 0 }
        backOff = BackOff(seed: seed)
    }

    // MARK: Calls

    /// Counts a call; nil where none may be made now.
    package mutating func take(_ kind: PlanTicket.Kind, at moment: Moment) -> PlanTicket? {
        move(to: moment)
        guard moment.now >= minute.opensAt, moment.now >= hour.opensAt, minute.free(for: kind) > 0,
            hour.free(for: kind) > 0
        else { return nil }
        var isProbe = false
        if let hold, moment.now < hold.until {
            guard let probeAt = hold.probeAt, moment.now >= probeAt else { return nil }
            isProbe = true
            let next = moment.now + nextMinute(moment)
            self.hold?.probeAt = next
        }
        minute.take(kind)
        hour.take(kind)
        return PlanTicket(kind: kind, minute: minute.number, hour: hour.number, isProbe: isProbe)
    }

    /// Takes a call back that was not made.
    package mutating func giveBack(_ ticket: PlanTicket, at moment: Moment) {
        move(to: moment)
        minute.giveBack(ticket.kind, number: ticket.minute)
        hour.giveBack(ticket.kind, number: ticket.hour)
        if ticket.isProbe, hold?.probeAt != nil { hold?.probeAt = moment.now }
    }

    /// The call of a ticket is made now; false where its time is over and no other is free, so that it must wait.
    package mutating func spend(_ ticket: PlanTicket, at moment: Moment) -> Bool {
        move(to: moment)
        let isHeld = hold.map { moment.now < $0.until } ?? false
        if ticket.minute == minute.number, ticket.hour == hour.number, !isHeld || ticket.isProbe { return true }
        giveBack(ticket, at: moment)
        return take(ticket.kind, at: moment) != nil
    }

    // MARK: Answers

    /// The gateway let a call through that was sent at that time.
    ///
    /// Returns whether that ended a refusal, so that who waits may go on.
    package mutating func accepted(sentAt: Instant) -> Bool {
        // What was sent before the refusal says nothing of the time since.
        guard refusals > 0, hold.map({ sentAt >= $0.since }) ?? true else { return false }
        refusals = 0
        hold = nil
        return true
    }

    /// The gateway answered 429 to a call that was sent at that time; `retryAfter` is what it said, if anything.
    package mutating func refused(sentAt: Instant, retryAfter: Duration?, at moment: Moment) {
        move(to: moment)
        if let hold, sentAt < hold.since {
            // One of the same burst: nothing new, unless it asks for more time.
            if let retryAfter { self.hold?.until = max(hold.until, moment.now + retryAfter) }
            return
        }
        refusals += 1
        hold = next(retryAfter, moment)
    }

    private mutating func next(_ retryAfter: Duration?, _ moment: Moment) -> Hold {
        let now = moment.now
        if let retryAfter {
            // One that always says "at once" is asked less and less often too.
            let least = refusals > 1 ? Duration.seconds(1 << min(refusals - 2, 3)) : .zero
            return Hold(since: now, until: now + max(retryAfter, least) + .seconds(backOff.unit() / 4), probeAt: nil)
        }
        if refusals == 1 {
            // A gateway is known to say 429 below the limit (IBM APAR IT32040).
            wasForgiven = minute.isKnownToHaveRoom && hour.isKnownToHaveRoom
            let wait = wasForgiven ? .seconds(1 + backOff.unit()) : nextMinute(moment)
            return Hold(since: now, until: now + wait, probeAt: nil)
        }
        if refusals == 2, wasForgiven { return Hold(since: now, until: now + nextMinute(moment), probeAt: nil) }
        let end = now + .seconds(hour.rest(at: moment) + 2 * backOff.unit())
        // Another host may have spent the same plan's minutes: once a minute somebody looks.
        return Hold(since: now, until: end, probeAt: min(end, now + nextMinute(moment)))
    }

    private mutating func nextMinute(_ moment: Moment) -> Duration {
        .seconds(minute.rest(at: moment) + PlanWindow.guardTime + 2 * backOff.unit())
    }

    /// Takes over what the gateway reports in an answer to a call that was sent at that time.
    package mutating func corrected(by report: PlanReport, sentAt: Instant, at moment: Moment) {
        move(to: moment)
        if let found = report.minute(configured: minute.limit) {
            minute.correct(limit: found.limit, remaining: sentAt >= minute.openedAt ? found.remaining : nil)
        }
        if let found = report.hour(configured: hour.limit) {
            hour.correct(limit: found.limit, remaining: sentAt >= hour.openedAt ? found.remaining : nil)
        }
    }

    // MARK: Time

    /// How long it takes until so many calls of a kind could have been made; zero where they can be now.
    package mutating func delay(until count: Int, of kind: PlanTicket.Kind = .scan, at moment: Moment) -> Duration {
        move(to: moment)
        var time = start(for: count, moment)
        var rest = count
        var minuteEnd = minute.rest(at: moment)
        var hourEnd = hour.rest(at: moment)
        var minuteFree = minute.free(for: kind)
        var hourFree = hour.free(for: kind)
        // No caller waits longer than an hour, so that a few more minutes are all that counts.
        for _ in 0..<128 {
            if time >= minuteEnd {
                minuteEnd += (((time - minuteEnd) / 60).rounded(.down) + 1) * 60
                minuteFree = minute.whole(for: kind)
            }
            if time >= hourEnd {
                hourEnd += (((time - hourEnd) / 3600).rounded(.down) + 1) * 3600
                hourFree = hour.whole(for: kind)
            }
            let free = min(minuteFree, hourFree)
            guard rest > free else { break }
            rest -= free
            minuteFree -= free
            hourFree -= free
            time = (hourFree == 0 ? hourEnd : minuteEnd) + PlanWindow.guardTime
        }
        return .seconds(time)
    }

    /// Seconds until the first call may be made as far as refusals and the beginning of a window go.
    private func start(for count: Int, _ moment: Moment) -> Double {
        var start = max(minute.opensAt, hour.opensAt)
        if let hold {
            let held = count == 1 ? hold.probeAt.map { min($0, hold.until) } ?? hold.until : hold.until
            start = max(start, held)
        }
        guard start > moment.now else { return 0 }
        return Double((start - moment.now).clampedNanoseconds) / 1e9
    }

    private mutating func move(to moment: Moment) {
        minute.move(to: moment)
        hour.move(to: moment)
    }

    /// Where it stands.
    package mutating func snapshot(at moment: Moment) -> PlanSnapshot {
        move(to: moment)
        func window(_ window: PlanWindow) -> PlanSnapshot.Window {
            PlanSnapshot.Window(
                limit: window.limit,
                used: window.used,
                resetsAt: moment.now + .seconds(window.rest(at: moment))
            )
        }
        return PlanSnapshot(
            minute: window(minute),
            hour: window(hour),
            waiting: 0,
            pausedUntil: hold.flatMap { moment.now < $0.until ? $0.until : nil }
        )
    }
}

extension PlanWindow {
    /// Whether calls are left as far as anybody has said; the last one was refused in spite of it.
    fileprivate var isKnownToHaveRoom: Bool { limit.map { used < $0 } ?? false }
}
