// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer

/// The policy at work: what the second stage of the pipeline asks, and `policyExplain`.
struct PolicyGate: Sendable {
    let policy: Policy
    let profiles: Profiles
    let centers: SecurityCenters
    let time: any TimeSource
    private let rates: PolicyRates

    /// Puts a policy to work; what was counted under `previous` counts on for the rules that are the same.
    init(
        _ policy: Policy,
        profiles: Profiles,
        centers: SecurityCenters,
        time: any TimeSource,
        previous: PolicyGate? = nil
    ) {
        rates =
            previous.map { PolicyRates(continuing: $0.rates, rules: policy.countedRules(since: $0.policy)) }
            ?? PolicyRates()
        self.policy = policy
        self.profiles = profiles
        self.centers = centers
        self.time = time
    }

    /// Whether any call still counts against a rate.
    var countsCalls: Bool { rates.count(under: policy.rules, now: time.now) }

    /// As the pipeline's stage.
    var authorise: Authorise {
        Authorise { schema, call in self.decide(schema, call) }
    }

    private func decide(_ schema: MethodSchema, _ call: MethodCall) -> AccessDecision {
        let caller = PolicyCaller(
            user: call.peer.user,
            groups: [call.peer.group] + call.peer.supplementaryGroups,
            unit: call.unit
        )
        let request = PolicyFacts(schema.name, call, centers.pool).request(profiles, centers)
        guard let index = policy.decide(caller, request) else {
            return .refused(Self.refusal(caller, request), rule: nil)
        }
        let rule = policy.rules[index]
        if let rate = rule.rate, let wait = rates.take(rate, rule: index, user: caller.user, now: time.now) {
            return .refused(Self.tooOften(rate, wait), rule: index)
        }
        return .allowed(
            Permit(
                rule: index,
                maximumBytes: policy.maximumBytes(caller, request, from: index),
                allowsLocations: request.locations != nil
            )
        )
    }

    /// Says what was refused, by the caller's own words, and nothing of the rules.
    private static func refusal(_ caller: PolicyCaller, _ request: PolicyRequest) -> APIError {
        APIError(
            .forbidden,
            "the policy does not allow user \(caller.user) \(request.summary)",
            hint: "Ask the administrator; `gatehouse policy explain` tells which rule decides."
        )
    }

    private static func tooOften(_ rate: PolicyRate, _ wait: Duration) -> APIError {
        APIError(
            .busy,
            "the policy allows this user \(rate.text) of these calls",
            retryAfterMilliseconds: max(wait.wholeMilliseconds, 1)
        )
    }
}
