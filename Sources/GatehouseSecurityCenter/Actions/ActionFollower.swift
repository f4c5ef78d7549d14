// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Follows an async action to its end by `AsyncActionStateChecker.CheckActionState`, as a machine without I/O.
///
/// The server says how long to wait before the next look, and has forgotten the action once it told its end: so an
/// answer that got lost may have been the last one.
struct ActionFollower: Sendable {
    enum Step: Equatable, Sendable {
        /// Waits, then asks; answered by ``answered(_:)``.
        case ask(after: Duration)
        /// The action goes on.
        case report(ActionResult, thenAskAfter: Duration)
        case done(ActionResult)
        case failed(SecurityCenterError)
    }

    /// Between two looks: the server's wish, within reason.
    static let delays = Duration.milliseconds(20)...Duration.seconds(30)

    let id: String
    /// Reads what the server says of a failure.
    private let reader: ReplyReader
    private var mayHaveEnded = false
    private var refusals = 0

    init(id: String, _ reader: ReplyReader) {
        self.id = id
        self.reader = reader
    }

    /// The call that looks at the action.
    var call: MethodCall {
        var arguments = JSONObject()
        arguments["wstrActionGuid"] = .string(id)
        return MethodCall(
            MethodName(own: "AsyncActionStateChecker.CheckActionState"),
            arguments,
            within: .seconds(60)
        )
    }

    /// What comes first: the action may have been short.
    func begin() -> Step { .ask(after: .zero) }

    /// What follows from an answer, or from none.
    mutating func answered(_ result: Result<CallReply, SecurityCenterError>) -> Step {
        switch result {
        case .success(let reply): state(reply.out)
        case .failure(let error): failure(error)
        }
    }

    private mutating func state(_ out: JSONObject) -> Step {
        refusals = 0
        guard let isFinal = out["bFinalized"]?.bool else {
            return .failed(SecurityCenterError(.unintelligible, "the answer is no action's state"))
        }
        let data = out["pStateData"] ?? .null
        let result = ActionResult(
            id: id,
            stateCode: out["lStateCode"]?.integer ?? 0,
            stateData: data.isNull ? .object(JSONObject()) : data,
            isFinal: isFinal
        )
        guard isFinal else {
            let wish = Duration.milliseconds(min(max(out["lNextCheckDelay"]?.integer ?? 1000, 0), 3_600_000))
            return .report(result, thenAskAfter: min(max(wish, Self.delays.lowerBound), Self.delays.upperBound))
        }
        // The name has been misspelt since its first version; both are taken.
        let hasSucceeded = (out["bSuccededFinalized"] ?? out["bSucceededFinalized"])?.bool ?? false
        return hasSucceeded ? .done(result) : .failed(error(of: result))
    }

    private mutating func failure(_ error: SecurityCenterError) -> Step {
        switch (error.code, error.upstream?.code) {
        case (.upstreamError, "KLSTD \(ServerFault.unavailable)"):
            // Asked too early: each time a little later.
            refusals += 1
            guard refusals <= 20 else { return .failed(error) }
            return .ask(after: min(.milliseconds(250) * refusals, .seconds(5)))
        case (.upstreamError, "KLSTD \(ServerFault.notFound)") where mayHaveEnded:
            return .failed(
                SecurityCenterError(
                    .outcomeUnknown,
                    "the action has ended, and its last answer was lost",
                    requestMayHaveLeft: true
                )
            )
        case (.noPermission, "KLSTD \(ServerFault.noAccess)"):
            return .failed(SecurityCenterError(.sessionLost, "the action belongs to a session that is gone"))
        case (.outcomeUnknown, _), (.timedOut, _), (.unreachable, _), (.failed, _):
            mayHaveEnded = mayHaveEnded || error.requestMayHaveLeft
            refusals += 1
            guard refusals <= 3 else { return .failed(error) }
            return .ask(after: .seconds(1))
        default: return .failed(error)
        }
    }

    // MARK: Errors

    /// What an error means once the action has begun: the call was carried out, so nothing may say that another attempt
    /// is safe, and whoever looks into it on the server needs the action's id.
    static func begun(_ id: String, _ error: SecurityCenterError) -> SecurityCenterError {
        var error = error
        let name = cleaned(id, maximum: 128)
        error.message = "the action \(name) has begun: \(error.message)"
        error.action = name
        switch error.code {
        case .actionFailed, .sessionLost: return error
        // The session is gone with its gateway, not the gateway with its name.
        case .unknownGateway: error.code = .gatewayGone
        case .cancelled, .gatewayGone, .outcomeUnknown, .upstreamError, .noPermission, .replyTooLarge: break
        // Mostly kinds after which a client sends the call again.
        default: error.code = .outcomeUnknown
        }
        error.requestMayHaveLeft = true
        error.retryAfter = nil
        return error
    }

    // MARK: Names

    /// The id of the action that a call began; nil where it began none.
    static func id(in reply: CallReply, of method: MethodName) -> String? {
        let named = ["strActionGuid", "wstrActionGuid", "strRequestId", "wstrRequestId"].lazy
            .compactMap { reply.out[$0]?.string }.first
        let id = named ?? (method.isAsync ? reply.result.string : nil)
        guard let id, (1...1024).contains(id.utf8.count) else { return nil }
        return id
    }

    /// What went wrong, from the description in the state's data.
    private func error(of result: ActionResult) -> SecurityCenterError {
        let data = (try? KLPARValue(result.stateData, .top))?.params
        let info = data?["KLBLAG_ERROR_INFO"]?.params ?? data
        let module = info?["KLBLAG_ERROR_MODULE"]?.string ?? ""
        let code = info?["KLBLAG_ERROR_CODE"]?.integer.map(String.init)
        let text =
            info?["KLBLAG_ERROR_MSG"]?.string ?? data?["GNRL_EA_DESCRIPTION"]?.string
            ?? data?["KLBLAG_ERROR_INFO"]?.string
        return SecurityCenterError(
            .actionFailed,
            "the action failed",
            upstream: UpstreamError(
                name: reader.server,
                code: code.map { code in
                    cleaned(module.isEmpty ? code : "\(module) \(code)", maximum: 64, without: reader.secrets)
                },
                text: text.map { cleaned($0, without: reader.secrets) }
            )
        )
    }
}
