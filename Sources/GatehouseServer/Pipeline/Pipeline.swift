// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehousePlatform
import GatehouseWire

/// What happens to every call, in this order: validate, authorise, log, invoke, strip, map errors (contract section 3).
package struct Pipeline: Sendable {
    private let methods: [String: any Method]
    private let authorise: Authorise
    private let log: Log
    private let strip = Strip()
    private let mapErrors = MapErrors()
    private let time: any TimeSource
    private let whenFailed: @Sendable (ErrorKind) -> Void

    /// Puts the stages together for a set of methods; `whenFailed` hears of each call that is answered with an error.
    package init(
        methods: [any Method],
        authorise: Authorise,
        log: Log,
        time: any TimeSource,
        whenFailed: @escaping @Sendable (ErrorKind) -> Void = { _ in }
    ) {
        self.whenFailed = whenFailed
        self.methods = Dictionary(methods.map { ($0.name, $0) }) { first, _ in first }
        self.authorise = authorise
        self.log = log
        self.time = time
    }

    /// Takes a call as far as it goes without waiting.
    ///
    /// With `takesNoNewWork` most methods are answered with `stopping`.
    func begin(_ incoming: IncomingCall, takesNoNewWork: Bool = false) -> Progress {
        var record = AuditRecord(incoming, at: time.now)
        do throws(APIError) {
            let validated = try Validate(methods)(incoming)
            record.passed(at: time.now, next: .authorise)
            record.describe(validated)
            guard !takesNoNewWork || validated.method.isServedWhileDraining else {
                throw APIError(
                    .stopping,
                    "the daemon was drained and takes on no new work",
                    hint: "An administrator drained it; it works again once it is restarted."
                )
            }
            var call = validated.call
            call.permit = try permit(validated, &record)
            if validated.method.reachesUpstream {
                record.passed(at: time.now, next: .log)
                try log.begin(record)
            }
            record.passed(at: time.now, next: .invoke)
            switch try validated.method.invoke(call) {
            case .finished(let value):
                return .finished(finish(.success(value), incoming, &record))
            case .rendered(let text):
                record.passed(at: time.now, next: nil)
                log.end(record, of: validated.method.schema, isWorthIt: validated.method.isAudited)
                return .finished(.text(text))
            case .waiting(let work):
                return .waiting(Waiting(record: record, call: call, chunks: nil, work: work))
            case .receiving(let chunks, let work):
                return .waiting(Waiting(record: record, call: call, chunks: chunks, work: work))
            }
        } catch {
            return .finished(finish(.failure(error), incoming, &record))
        }
    }

    private func permit(_ validated: Validate.Validated, _ record: inout AuditRecord) throws(APIError) -> Permit {
        switch authorise(validated.method.schema, validated.call) {
        case .allowed(let permit):
            record.decided(by: permit.rule)
            return permit
        case .refused(let error, let rule):
            record.decided(by: rule)
            throw error
        }
    }

    /// Answers a call that is not begun: there are too many already, or one of its id.
    func refuse(_ incoming: IncomingCall, because error: APIError) -> Reply {
        var record = AuditRecord(incoming, at: time.now)
        return finish(.failure(error), incoming, &record)
    }

    /// Brings a call that has waited to its reply.
    func end(_ result: Result<JSONValue, APIError>, of waiting: Waiting, _ incoming: IncomingCall) -> Reply {
        var record = waiting.record
        return finish(result, incoming, &record)
    }

    private func finish(
        _ result: Result<JSONValue, APIError>,
        _ incoming: IncomingCall,
        _ record: inout AuditRecord
    ) -> Reply {
        let reply: Reply
        switch result {
        case .success(let value):
            record.passed(at: time.now, next: .strip)
            record.ended(with: value)
            reply = .result(strip(value))
        case .failure(let error):
            record.failed(error, at: time.now)
            reply = .error(mapErrors(error, requestID: incoming.requestID))
            whenFailed(error.kind)
        }
        record.passed(at: time.now, next: nil)
        let method = methods[incoming.method]
        log.end(record, of: method?.schema, isWorthIt: method?.isAudited ?? true)
        return reply
    }

    /// How far a call has come.
    enum Progress {
        case finished(Reply)
        case waiting(Waiting)
    }

    /// A call whose method waits.
    struct Waiting: Sendable {
        let record: AuditRecord
        let deadline: Instant
        /// Where the caller's chunks go, for a method that takes them.
        let chunks: ChunkBuffer?
        let permit: Permit
        let work: @Sendable () async throws(APIError) -> JSONValue

        init(
            record: AuditRecord,
            call: MethodCall,
            chunks: ChunkBuffer?,
            work: @escaping @Sendable () async throws(APIError) -> JSONValue
        ) {
            self.record = record
            deadline = call.deadline
            self.chunks = chunks
            permit = call.permit
            self.work = work
        }
    }

    /// The result or error member of a reply.
    enum Reply: Sendable {
        case result(JSONValue)
        case text(JSONText)
        case error(JSONValue)
    }
}

/// A call as it came from a connection.
struct IncomingCall: Sendable {
    let method: String
    let params: JSONValue?
    let files: [PassedFile]
    let peer: PeerIdentity
    let isAdmin: Bool
    /// The caller's systemd unit, where a rule asks for it and it is known.
    var unit: String?
    let requestID: RequestID
    /// When the last byte of the request arrived: deadlines count from here.
    let receivedAt: Instant
    let progress: ProgressReport
    let channel: any NotificationChannel

    /// The same without the caller's content, which may be large and is nobody's any more once the method has it.
    var withoutContent: IncomingCall {
        IncomingCall(
            method: method,
            params: nil,
            files: [],
            peer: peer,
            isAdmin: isAdmin,
            requestID: requestID,
            receivedAt: receivedAt,
            progress: progress,
            channel: channel
        )
    }
}

extension Pipeline.Reply {
    /// Whether this is the reply to a call that failed.
    var isError: Bool {
        if case .error = self { true } else { false }
    }

    /// Appends the whole reply under an id.
    func write(_ id: MessageID, to output: inout [UInt8]) {
        switch self {
        case .result(let value): OutgoingMessage.appendResult(value, id: id, to: &output)
        case .text(let text): OutgoingMessage.appendResult(text, id: id, to: &output)
        case .error(let value): OutgoingMessage.appendError(value, id: id, to: &output)
        }
    }
}
