// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension Laboratory {
    /// What became of a request.
    package enum Fate: Equatable, Sendable {
        /// It was answered, whole or in half.
        case answered(status: Int)
        /// A fault reset the connection.
        case reset
        /// A fault keeps it waiting.
        case hung
        /// The client went away first.
        case abandoned
    }

    /// Counts a request, and makes its line of the request log, without tokens, secrets or the query.
    package mutating func record(_ exchange: Exchange, _ fate: Fate, at now: LabInstant) -> String {
        let outcome = fate.word
        counts[exchange.step, default: [:]][outcome, default: 0] += 1
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
        add("sequence", .integer(exchange.sequence))
        add("time", .string(now.iso8601))
        if let tenant = exchange.tenant { add("tenant", .string(tenant)) }
        add("service", .string(exchange.service.rawValue))
        add("connection", .integer(exchange.connection))
        add("method", .string(String(exchange.head.method.prefix(20))))
        add("path", .string(String(exchange.head.path.prefix(500))))
        add("operation", .string(exchange.step))
        for member in describe(exchange) { members.append(member) }
        if case .answered(let status) = fate {
            add("status", .integer(status))
        } else {
            add("status", .null)
            add("outcome", .string(outcome))
        }
        if !exchange.faults.isEmpty {
            add("fault", .string(exchange.faults.map(\.specification).joined(separator: " ")))
        }
        if let traceId = exchange.head.header("X-Ctti-TraceId") { add("traceId", .string(String(traceId.prefix(200)))) }
        if let id = exchange.head.header("X-KSC-RequestId") { add("requestId", .string(String(id.prefix(200)))) }
        if let fileName = exchange.fileName { add("fileName", .string(String(fileName.prefix(300)))) }
        if let fileStatus = exchange.fileStatus { add("fileStatus", .string(String(fileStatus.prefix(100)))) }
        add("bytesReceived", .integer(exchange.bytesReceived))
        return JSONValue.object(members).compact
    }

    /// Session and target of a call of a Security Center; a new session is that of its first call.
    private mutating func describe(_ exchange: Exchange) -> [JSONValue.Member] {
        guard let call = exchange.call else { return [] }
        let began = securityCenter.begun.removeValue(forKey: exchange.connection).map(SecurityCenter.short)
        return [
            call.scheme.map { .init(name: "scheme", value: .string($0)) },
            (began ?? call.session).map { .init(name: "session", value: .string($0)) },
            call.target.map { .init(name: "target", value: .string($0)) },
        ].compactMap(\.self)
    }
}

extension Laboratory.Fate {
    fileprivate var word: String {
        switch self {
        case .answered(let status): String(status)
        case .reset: "reset"
        case .hung: "hang"
        case .abandoned: "abandoned"
        }
    }
}
