// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import struct GatehouseSecurityCenter.MethodName
import GatehouseServer
import GatehouseWire

/// `policyExplain`: asks the code that decides what it would decide, and does nothing.
struct PolicyExplainMethod: Method {
    var name: String { PolicyExplain.name }
    var schema: MethodSchema { PolicyExplain.schema }
    /// The policy; nil where there is none.
    let gate: PolicyGate?
    /// What decides without a policy.
    let withoutPolicy: Authorise
    let readers: ReaderThreads

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let parameters = try PolicyExplain.Parameters(json: call.parameters)
        guard let method = MethodSchema.methods.first(where: { $0.name == parameters.method })?.schema else {
            let violation = Violation(path: "/method", rule: "enum", message: "there is no method of this name")
            throw APIError(.invalidParams, "params/method: there is no method of this name", violations: [violation])
        }
        guard let user = UInt32(exactly: parameters.userID) else { throw APIError(.invalidParams) }
        let given = parameters.groupIDs?.compactMap(UInt32.init(exactly:))
        let readers = readers
        return .waiting { () async throws(APIError) -> JSONValue in
            let groups: [UInt32]
            if let given {
                groups = given
            } else {
                // A name service may take its time.
                do {
                    groups = try await readers.run(user: ReaderThreads.ownJobs) { HostAccounts.groups(ofUser: user) }
                } catch {
                    throw APIError(.cancelled)
                }
            }
            let caller = PolicyCaller(user: user, groups: groups, unit: parameters.unit)
            let result = gate?.explain(PolicyFacts(parameters), caller) ?? withoutPolicy(method, caller, call)
            let isCall = [CallAgent.name, CallServer.name].contains(parameters.method)
            return result.refusing(isCall ? parameters.call : nil).json
        }
    }

    private func withoutPolicy(
        _ method: MethodSchema,
        _ caller: PolicyCaller,
        _ call: MethodCall
    ) -> PolicyExplain.Result {
        let peer = PeerIdentity(
            process: 0,
            user: caller.user,
            group: caller.groups.first ?? UInt32.max,
            supplementaryGroups: caller.groups
        )
        let asked = MethodCall(
            parameters: [:],
            peer: peer,
            requestID: call.requestID,
            receivedAt: call.receivedAt,
            deadline: call.deadline
        )
        let isAllowed = if case .allowed = withoutPolicy(method, asked) { true } else { false }
        let who =
            switch method.permission {
            case .scan: "who can open the socket may scan"
            case .read: "who can open the socket may read status"
            case .call: "gateways and calls are for root, the group gatehouse-admin and the daemon's user"
            case .administer: "this is for root, the group gatehouse-admin and the daemon's user"
            }
        return PolicyExplain.Result(isAllowed: isAllowed, rule: nil, reason: "there is no policy; " + who, rules: [])
    }
}

extension PolicyExplain.Result {
    /// The same, unless the call is one that nobody may make.
    fileprivate func refusing(_ call: String?) -> PolicyExplain.Result {
        guard let call, isAllowed, MethodName.isReserved(call) else { return self }
        return PolicyExplain.Result(
            isAllowed: false,
            rule: nil,
            reason: "sessions and gateways are the daemon's own, whatever the policy says",
            rules: rules
        )
    }
}

extension PolicyFacts {
    /// What somebody asks about.
    init(_ parameters: PolicyExplain.Parameters) {
        self.init(method: parameters.method)
        profile = parameters.profile
        server = parameters.server
        call = parameters.call
        via = parameters.via
        target = parameters.target
        locations = parameters.locations
        path = parameters.filePath
        switch (parameters.method, parameters.bytes) {
        case (ScanFile.name, let bytes?): size = .bytes(bytes)
        case (ScanFile.name, nil): size = .later
        case (ScanPath.name, _): size = .never
        default: break
        }
        // Whoever asks about a subscription without saying to what is told of the one that needs most.
        followsTokens = parameters.method == Subscribe.name
    }
}

extension PolicyGate {
    /// What would be decided, and by which rule.
    func explain(_ facts: PolicyFacts, _ caller: PolicyCaller) -> PolicyExplain.Result {
        let request = facts.request(profiles, centers)
        var rules: [PolicyExplain.Rule] = []
        let index = policy.decide(caller, request) { rule, mismatch in
            rules.append(
                PolicyExplain.Rule(rule: Int64(rule), isMatch: mismatch == nil, mismatch: mismatch?.rawValue)
            )
        }
        guard let index else {
            return PolicyExplain.Result(isAllowed: false, rule: nil, reason: "no rule matches", rules: rules)
        }
        var reason = "rule \(index) matches"
        if let bytes = policy.maximumBytes(caller, request, from: index) {
            reason += ", for files of at most \(bytes) bytes"
        }
        if let rate = policy.rules[index].rate { reason += ", at most \(rate.text) for each user" }
        return PolicyExplain.Result(isAllowed: true, rule: Int64(index), reason: reason, rules: rules)
    }
}
