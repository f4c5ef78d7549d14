// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// What `callAgent` and `callServer` have in common: the call as the module takes it, and its answer as callers see it.
struct UpstreamCall: Sendable {
    let call: GatehouseSecurityCenter.MethodCall
    /// Tells the caller of each look at the action; nil where nothing is to be followed.
    let follow: (@Sendable (ActionResult) -> Void)?
    private let isPlain: Bool

    init(
        _ method: String,
        _ arguments: JSONObject?,
        isIdempotent: Bool?,
        awaitsAction: Bool?,
        format: ReplyFormat?,
        _ call: GatehouseServer.MethodCall,
        now: Instant
    ) throws(APIError) {
        let name: MethodName
        do { name = try MethodName(caller: method) } catch { throw APIError(error) }
        self.call = GatehouseSecurityCenter.MethodCall(
            name,
            arguments ?? JSONObject(),
            isIdempotent: isIdempotent ?? false,
            within: call.upstreamTime(now: now)
        )
        follow = awaitsAction == true ? Self.counting(call.progress) : nil
        isPlain = format == .plain
    }

    /// Reports how often the action was looked at.
    private static func counting(_ report: ProgressReport?) -> @Sendable (ActionResult) -> Void {
        let checks = Locked(Int64(0))
        return { _ in
            let count = checks.withLock { checks -> Int64 in
                checks += 1
                return checks
            }
            report?(count, nil, "checks")
        }
    }

    /// Without a gateway to come back to, an action that nobody follows could never be looked up again.
    func checkOneCall() throws(APIError) {
        guard call.method.isAsync, follow == nil else { return }
        throw APIError(
            .invalidParams,
            "params/await: \(call.method) begins an action that only its own session can follow",
            violations: [Violation(path: "/await", rule: "const", message: "must be true for methods in Async")],
            hint: "Set await to true, or open a gateway first and call through it."
        )
    }

    /// The answer as the caller wants it.
    func result(_ reply: CallReply) -> CallResult {
        CallResult(
            result: isPlain ? reply.result.plainResult : reply.result,
            out: isPlain ? reply.out.withoutKLPARWrappers : reply.out,
            generation: Int64(clamping: reply.generation),
            action: reply.action.map { action in
                let state = action.stateData.object
                return ActionReport(
                    id: action.id,
                    stateCode: action.stateCode,
                    state: isPlain ? state?.withoutKLPARWrappers : state
                )
            }
        )
    }
}

extension GatehouseServer.MethodCall {
    /// How long an upstream may take: a moment more than the caller waits.
    ///
    /// So it is always the caller's deadline that ends the work, and always with the same kind of error.
    func upstreamTime(now: Instant) -> Duration { deadline - now + .seconds(1) }
}

extension JSONValue {
    /// A return value for people: an object is bare at this level, and so no wrapper itself.
    fileprivate var plainResult: JSONValue {
        if case .object(let object) = self { .object(object.withoutKLPARWrappers) } else { withoutKLPARWrappers }
    }
}
