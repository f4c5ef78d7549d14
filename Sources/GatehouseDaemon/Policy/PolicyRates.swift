// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// The calls of all users under all rules of one policy.
final class PolicyRates: Sendable {
    private struct Key: Hashable {
        let rule: Int
        let user: UInt32
    }

    private let windows: Locked<[Key: RateWindows]>

    /// No call yet.
    init() {
        windows = Locked([:])
    }

    /// Goes on with the counts of another policy's rules; `rules` has their indices there, and here.
    init(continuing other: PolicyRates, rules: [Int: Int]) {
        var kept: [Key: RateWindows] = [:]
        for (key, windows) in other.windows.withLock({ $0 }) {
            guard let rule = rules[key.rule] else { continue }
            kept[Key(rule: rule, user: key.user)] = windows
        }
        windows = Locked(kept)
    }

    /// Takes a call; returns how long it would have to wait where there is no room for it.
    func take(_ rate: PolicyRate, rule: Int, user: UInt32, now: Instant) -> Duration? {
        windows.withLock { windows in
            let key = Key(rule: rule, user: user)
            // Users come and go; what has nothing to remember is dropped whenever there are twice as many.
            if windows[key] == nil, windows.count >= 1024, windows.count.nonzeroBitCount == 1 {
                windows = windows.filter { !$0.value.areOver(now) }
            }
            return windows[key, default: RateWindows()].take(rate, now: now)
        }
    }

    /// Whether any call still counts against the rate of its rule, an index into `rules`.
    func count(under rules: [PolicyRule], now: Instant) -> Bool {
        windows.withLock { windows in
            windows.contains { key, windows in
                guard rules.indices.contains(key.rule), let rate = rules[key.rule].rate else { return false }
                return windows.count(against: rate, now: now)
            }
        }
    }
}

extension Policy {
    /// Where the rules with a rate stood in an earlier policy: the index there, and here.
    ///
    /// A rule is the same where all of it is the same but for the numbers of its rate. Of several that are, the first one
    /// alone ever decides.
    func countedRules(since before: Policy) -> [Int: Int] {
        let earlier = before.rules.map(\.withoutRate)
        var indices: [Int: Int] = [:]
        for (index, rule) in rules.enumerated() where rule.rate != nil {
            guard let old = earlier.firstIndex(of: rule.withoutRate), indices[old] == nil else { continue }
            indices[old] = index
        }
        return indices
    }
}

extension PolicyRule {
    /// The calls that it is about, however often it allows them.
    fileprivate var withoutRate: PolicyRule {
        var rule = self
        rule.rate = nil
        return rule
    }
}
