// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// One fixed window of a plan: a minute or an hour of the wall clock (protocol page, section 5).
struct PlanWindow: Sendable {
    /// Clocks of two machines differ by less, where both are kept by NTP.
    ///
    /// A line that waited for a window begins so much late, lest its first request arrives in the window before.
    static let guardTime = 0.25

    /// Seconds.
    let length: Double
    private let configured: Int?
    /// How many calls always remain for tokens.
    private let reserve: @Sendable (Int) -> Int
    private var reported: Int?
    private var index: Int64?
    private(set) var openedAt = Instant(nanoseconds: .min)
    private(set) var used = 0
    private(set) var usedByTokens = 0
    private(set) var opensAt = Instant(nanoseconds: .min)

    init(length: Double, limit: Int?, reserve: @escaping @Sendable (Int) -> Int) {
        self.length = length
        configured = limit
        self.reserve = reserve
    }

    /// How many calls it allows; nil where nobody has said.
    ///
    /// What the gateway reports may lower what was configured and never raise it: the plan may be shared on purpose.
    var limit: Int? {
        guard let configured else { return reported }
        return min(configured, reported ?? configured)
    }

    /// Names the window that is open, for ``PlanTicket``.
    var number: Int64 { index ?? 0 }

    /// Opens the window in which a moment lies.
    ///
    /// A wall clock that was set back opens none again: the one that is open stays so for no more than its length.
    mutating func move(to moment: Moment) {
        let now = Int64(exactly: (moment.unixTime / length).rounded(.down)) ?? 0
        let isOver = index.map { now > $0 || moment.now - openedAt >= .seconds(length) } ?? true
        guard isOver else { return }
        let isContended = limit.map { used >= $0 - reserve($0) } ?? false
        let late = (Double(now) + Self.guardTime / length) * length - moment.unixTime
        opensAt = isContended && late > 0 ? moment.now + .seconds(min(late, Self.guardTime)) : moment.now
        index = now
        openedAt = moment.now
        used = 0
        usedByTokens = 0
    }

    /// Seconds until it ends.
    func rest(at moment: Moment) -> Double {
        let wall = (Double(number) + 1) * length - moment.unixTime
        let most = length - Double((moment.now - openedAt).clampedNanoseconds) / 1e9
        return max(0, min(wall, most, length))
    }

    /// How many more calls of a kind it allows.
    func free(for kind: PlanTicket.Kind) -> Int {
        guard let limit else { return .max }
        let held = kind == .token ? 0 : max(0, reserve(limit) - usedByTokens)
        return max(0, limit - used - held)
    }

    /// How many calls of a kind a whole window allows.
    func whole(for kind: PlanTicket.Kind) -> Int {
        guard let limit else { return .max }
        return kind == .token ? limit : limit - reserve(limit)
    }

    mutating func take(_ kind: PlanTicket.Kind) {
        used += 1
        if kind == .token { usedByTokens += 1 }
    }

    mutating func giveBack(_ kind: PlanTicket.Kind, number: Int64) {
        guard number == self.number, used > 0 else { return }
        used -= 1
        if kind == .token, usedByTokens > 0 { usedByTokens -= 1 }
    }

    /// Takes over what the gateway counted for a request that was sent in this window.
    mutating func correct(limit: Int?, remaining: Int?) {
        if let limit, limit > 0 { reported = limit }
        // Others may spend the same plan; fewer than were counted here only means that some are still on their way.
        if let remaining, let most = self.limit { used = max(used, most - min(max(remaining, 0), most)) }
    }
}
