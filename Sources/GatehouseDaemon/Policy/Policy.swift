// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Who may do what: the first rule that matches decides, no match refuses (contract section 7).
package struct Policy: Equatable, Sendable {
    /// The rules, in their order.
    package var rules: [PolicyRule]

    /// A policy of rules.
    package init(rules: [PolicyRule]) {
        self.rules = rules
    }

    /// Whether a rule asks for the caller's systemd unit, which costs a question to systemd.
    package var namesUnits: Bool { rules.contains { $0.unit != nil } }

    /// The rule that decides; nil where none matches.
    ///
    /// `look` is told of each rule that is looked at, and of its first part that does not match.
    package func decide(
        _ caller: PolicyCaller,
        _ request: PolicyRequest,
        look: (_ rule: Int, _ mismatch: PolicyRule.Part?) -> Void = { _, _ in }
    ) -> Int? {
        for (index, rule) in rules.enumerated() {
            let mismatch = rule.mismatch(caller, request)
            look(index, mismatch)
            if mismatch == nil { return index }
        }
        return nil
    }

    /// The largest file that a caller may have scanned whose size is not known yet; nil for any.
    ///
    /// A file that one rule finds too large may be allowed by a later one, so the largest size of all that match counts. Of
    /// those after the first one, rules with a rate do not count: the call is charged to the first one, and would be free of
    /// theirs.
    package func maximumBytes(_ caller: PolicyCaller, _ request: PolicyRequest, from first: Int) -> Int64? {
        guard case .later = request.size else { return nil }
        var largest: Int64 = 0
        for (index, rule) in rules.enumerated().dropFirst(first) where rule.mismatch(caller, request) == nil {
            guard index == first || rule.rate == nil else { continue }
            guard let bytes = rule.maximumBytes else { return nil }
            largest = max(largest, bytes)
        }
        return largest
    }
}
