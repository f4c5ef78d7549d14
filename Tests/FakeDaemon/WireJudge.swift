// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Says what is wrong with messages by the schemas, and notes what was right.
struct WireJudge {
    /// What was asked under an id; an id that was used again may stand for any of its requests, most likely for the last.
    private struct Asked: Hashable {
        let method: String
        let isRight: Bool
    }

    private static let errorSchema = try? SchemaLibrary.definition("error")
    /// Kinds that stand for any request, or for none that was understood.
    private static let general: Set<ErrorKind> = [
        .parseError, .invalidRequest, .methodNotFound, .duplicateId, .limitExceeded, .descriptorMismatch, .stopping,
        .busy, .configuration,
    ]

    /// Whether a test sends wrong requests on purpose, to see them refused.
    let requestsAreWrong: Bool
    /// The last one of an id stands at the end: which of two methods with the same result was answered was up to chance.
    private var asked: [String: [Asked]] = [:]

    /// Begins with a connection.
    init(requestsAreWrong: Bool) {
        self.requestsAreWrong = requestsAreWrong
    }

    /// The faults of a message to the daemon; a batch is several.
    mutating func faults(ofRequest message: JSONValue) -> [String] {
        guard let batch = message.array else { return faults(inRequest: message) }
        var faults: [String] = []
        for request in batch { faults += self.faults(inRequest: request) }
        return faults
    }

    private mutating func faults(inRequest request: JSONValue) -> [String] {
        guard let method = request["method"]?.string else { return ["no request: \(request.short)"] }
        let params = request["params"]
        var faults = request["jsonrpc"] == "2.0" ? [] : ["a request without jsonrpc: \(request.short)"]
        if let schema = MethodSchema.all[method] {
            let violations = schema.params.violations(of: params ?? [:])
            if violations.isEmpty { WireRecord.note(.params, method) }
            faults += violations.map { "params\($0.path) of \(method): \($0.message)" }
            if let id = request["id"] {
                let new = Asked(method: method, isRight: violations.isEmpty)
                asked[id.text] = (asked[id.text] ?? []).filter { $0 != new } + [new]
            }
        } else {
            faults += Self.faults(ofNotification: method, params, isRequest: request["id"] != nil)
        }
        return faults
    }

    /// The faults of a message from the daemon; a batch is several.
    func faults(ofReply message: JSONValue) -> [String] {
        guard let batch = message.array else { return faults(inReply: message) }
        return batch.flatMap { faults(inReply: $0) }
    }

    private func faults(inReply reply: JSONValue) -> [String] {
        var faults = reply["jsonrpc"] == "2.0" ? [] : ["a reply without jsonrpc: \(reply.short)"]
        if let method = reply["method"]?.string {
            return faults + Self.faults(ofNotification: method, reply["params"], isRequest: reply["id"] != nil)
        }
        let asked = asked[reply["id"]?.text ?? ""] ?? []
        switch (reply["result"], reply["error"]) {
        case (let result?, nil): faults += Self.faults(inResult: result, asked)
        case (nil, let error?): faults += self.faults(inError: error, asked)
        default: faults.append("neither a result nor an error: \(reply.short)")
        }
        return faults
    }

    private static func faults(ofNotification method: String, _ params: JSONValue?, isRequest: Bool) -> [String] {
        if isRequest { return ["there is no method \(method)"] }
        if method == "$/cancelRequest" { return params?["id"] == nil ? ["$/cancelRequest without an id"] : [] }
        let schemas = MethodSchema.all.values.compactMap { $0.notifications[method] }
        let violations = schemas.map { $0.violations(of: params ?? .null) }.min { $0.count < $1.count }
        guard let violations else { return ["there is no notification \(method)"] }
        if violations.isEmpty { WireRecord.note(.notification, method) }
        return violations.map { "params\($0.path) of \(method): \($0.message)" }
    }

    private static func faults(inResult result: JSONValue, _ asked: [Asked]) -> [String] {
        guard !asked.isEmpty else { return ["a result that nobody asked for: \(result.short)"] }
        guard asked.contains(where: \.isRight) else { return ["a result for params that break the schema"] }
        let attempts = asked.reversed().filter(\.isRight).map { asked in
            (asked.method, MethodSchema.all[asked.method]?.result.violations(of: result) ?? [])
        }
        if let right = attempts.first(where: { $0.1.isEmpty }) {
            WireRecord.note(.result, right.0)
            return []
        }
        return attempts.flatMap { method, violations in
            violations.map { "result\($0.path) of \(method): \($0.message)" }
        }
    }

    private func faults(inError error: JSONValue, _ asked: [Asked]) -> [String] {
        let violations = Self.errorSchema?.violations(of: error) ?? []
        var faults = violations.map { "error\($0.path): \($0.message): \(error.short)" }
        guard let kind = error["data"]?["kind"]?.string.flatMap(ErrorKind.init(rawValue:)), kind != .unknown else {
            return faults + ["an error without a known kind: \(error.short)"]
        }
        if error["code"]?.integer != Int64(kind.code) { faults.append("\(kind) has another code: \(error.short)") }
        if error["message"]?.string?.isEmpty == true { faults.append("an error without a message: \(error.short)") }
        let isListed = asked.contains { MethodSchema.all[$0.method]?.errors.contains(kind) == true }
        if !isListed, !Self.general.contains(kind), !asked.isEmpty {
            faults.append("\(asked.map(\.method)) does not list \(kind)")
        }
        if !requestsAreWrong, error["data"]?["violations"] != nil, asked.contains(where: \.isRight) {
            faults.append("violations of a schema that the params keep: \(error.short)")
        }
        if faults.isEmpty { WireRecord.note(.error, kind.rawValue) }
        return faults
    }
}

extension JSONValue {
    /// The beginning of its text.
    fileprivate var short: Substring { text.prefix(300) }
}
