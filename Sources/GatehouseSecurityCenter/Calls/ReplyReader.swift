// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire

/// Reads what a Security Center answers to a call.
struct ReplyReader: Sendable {
    /// The server's name in the configuration.
    let server: String
    /// What the request carried, and what the server knows besides, that no text may repeat.
    var secrets: [Secret] = []
    /// By which the request stands in the server's trace.
    var requestID: String?

    /// The deepest reply that is read: values inside each other cost two levels a container.
    private static let depth = 128

    /// The answer of a method, or the error that the reply means.
    func read(_ reply: ServerReply, of method: MethodName) throws(SecurityCenterError) -> CallReply {
        guard reply.status == 200 else { throw refusal(reply) }
        let object = try object(reply)
        if let fault = object["PxgError"] { throw self.error(ServerFault(fault, without: secrets), method) }
        var out = object
        out["PxgRetVal"] = nil
        return CallReply(result: object["PxgRetVal"] ?? .null, out: out)
    }

    private func object(_ reply: ServerReply) throws(SecurityCenterError) -> JSONObject {
        guard let value = try? JSONValue(parsing: reply.body, depth: Self.depth), let object = value.object else {
            let reason = reply.isWhole ? "the answer is no JSON object" : "the answer was cut"
            throw SecurityCenterError(
                .unintelligible,
                reason,
                upstream: answer(status: reply.status),
                requestMayHaveLeft: true
            )
        }
        return object
    }

    /// The error that a `PxgError` means.
    func error(_ fault: ServerFault, _ method: MethodName) -> SecurityCenterError {
        let code = fault.name.map { cleaned($0, maximum: 64, without: secrets) }
        let text = cleaned(fault.text, without: secrets)
        return SecurityCenterError(
            fault.isStandard(ServerFault.noAccess) ? .noPermission : .upstreamError,
            "\(method): the server answered \(code ?? "an error without a code")",
            upstream: answer(status: 200, code: code, text: text.isEmpty ? nil : text)
        )
    }

    /// The error that a status other than 200 means, 401 and 403 left as a refusal: only a ping tells them apart.
    func refusal(_ reply: ServerReply) -> SecurityCenterError {
        let upstream = answer(status: reply.status, text: text(of: reply))
        return switch reply.status {
        case 500...:
            // A server that failed may have done part of its work.
            SecurityCenterError(
                .failed,
                "the server failed with HTTP \(reply.status)",
                upstream: upstream,
                requestMayHaveLeft: true
            )
        case 200..<300:
            // A success in a form that is not the one of this API: what it did is not known.
            SecurityCenterError(
                .unintelligible,
                "the server answered HTTP \(reply.status), which says nothing of the result",
                upstream: upstream,
                requestMayHaveLeft: true
            )
        case 404: SecurityCenterError(.refused, "there is no such method or file there (HTTP 404)", upstream: upstream)
        default: SecurityCenterError(.refused, "the server refused with HTTP \(reply.status)", upstream: upstream)
        }
    }

    /// A short plain text stands in the bodies of refusals.
    ///
    /// What is an answer by its status or its looks may hold a key, a token or a session's id, which nobody else knows
    /// yet: of that, only the server's own error is told.
    private func text(of reply: ServerReply) -> String? {
        guard !(200..<300).contains(reply.status) else { return nil }
        let body = String(decoding: reply.body.prefix(1200), as: UTF8.self)
        let text: String
        switch body.unicodeScalars.first(where: { $0.value > 0x20 && $0 != "\u{FEFF}" }) {
        case nil, "<": return nil
        case "{", "[", "\"":
            guard let fault = fault(in: reply) else { return nil }
            text = cleaned(fault.text, without: secrets)
        default: text = cleaned(body, without: secrets)
        }
        return text.isEmpty ? nil : text
    }

    /// The server's own error in a reply, whatever the status; nil without one.
    func fault(in reply: ServerReply) -> ServerFault? {
        (try? JSONValue(parsing: reply.body, depth: Self.depth))?.object?["PxgError"]
            .map { ServerFault($0, without: secrets) }
    }

    func answer(status: Int?, code: String? = nil, text: String? = nil) -> UpstreamError {
        UpstreamError(name: server, status: status, code: code, text: text, traceID: requestID)
    }

    /// The error that a failed transfer means; `changesNothing` where a lost answer leaves nothing in doubt.
    func failure(_ error: TransferError, changesNothing: Bool) -> SecurityCenterError {
        let isInDoubt = error.requestMayHaveLeft && !changesNothing
        let code: SecurityCenterError.Code =
            switch error.code {
            case .cancelled: .cancelled
            case .replyTooLarge: .replyTooLarge
            case .tlsNotTrusted, .pinMismatch, .authorityUnreadable: .notTrusted
            case .outOfMemory, .unavailable: isInDoubt ? .outcomeUnknown : .unavailable
            case .invalidRequest: .invalidArguments
            case .connectionGone: .gatewayGone
            case .sourceFailed, .sinkFailed: .fileFailed
            case .timedOut: isInDoubt ? .outcomeUnknown : .timedOut
            case .protocolError, .contentRefused, .replyBeforeBody: .unintelligible
            case .cannotResolve, .cannotConnect, .connectTimeout, .tlsFailure, .sendFailed, .receiveFailed, .emptyReply,
                .cutReply:
                isInDoubt ? .outcomeUnknown : .unreachable
            }
        return SecurityCenterError(
            code,
            error.message,
            upstream: answer(status: nil),
            requestMayHaveLeft: error.requestMayHaveLeft
        )
    }
}
