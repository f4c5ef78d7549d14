// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehousePlatform
import GatehouseWire

/// What the audit keeps of one call: who, what, how far, and how it ended.
///
/// No content, no token, no secret.
package struct AuditRecord: Sendable {
    /// Names the call.
    package let requestID: RequestID
    /// The method as the caller wrote it, capped.
    package let method: String
    /// Who called.
    package let peer: PeerIdentity
    /// When the request had arrived.
    package let receivedAt: Instant
    /// The profile that the caller named.
    package private(set) var profile: String?
    /// What the call is about, as far as its method tells the audit; short, and never an argument's value.
    package private(set) var details: [(detail: AuditDetail, value: String)] = []
    private var reachesUpstream = false
    /// Each stage's outcome and time.
    package private(set) var stages: StageTimes
    /// The verdict, where the call was a scan that had one.
    package private(set) var verdict: String?
    /// Why there was no clean verdict, in the verdict's own word.
    package private(set) var reason: String?
    /// How many bytes were scanned, fetched or sent, where they are known.
    package private(set) var size: Int64?
    /// Their hash, where it is known.
    package private(set) var sha256: String?
    /// What an upstream answered, where that is known: of a failure without its words, of a verdict the trace id alone.
    package private(set) var upstream: UpstreamError?
    /// The index of the policy's rule that decided; nil where none did.
    package private(set) var rule: Int?
    /// How the call failed.
    package private(set) var failure: ErrorKind?

    init(_ incoming: IncomingCall, at now: Instant) {
        requestID = incoming.requestID
        // Scalars: a single character may be as long as a message.
        let isShort = incoming.method.utf8.count <= 64
        method = isShort ? incoming.method : String(String.UnicodeScalarView(incoming.method.unicodeScalars.prefix(64)))
        stages = StageTimes(from: now)
        peer = incoming.peer
        receivedAt = incoming.receivedAt
    }

    mutating func passed(at now: Instant, next: StageTimes.Stage?) {
        stages.end(isPassed: true, at: now, next: next)
    }

    mutating func describe(_ validated: Validate.Validated) {
        profile = validated.call.parameters["profile"]?.string
        reachesUpstream = validated.method.reachesUpstream
        for (parameter, detail) in validated.method.auditedParameters {
            guard let value = validated.call.parameters[parameter] else { continue }
            details.append((detail, detail.kept(of: value.string ?? value.text)))
        }
    }

    mutating func decided(by rule: Int?) {
        self.rule = rule
    }

    mutating func ended(with result: JSONValue) {
        verdict = result["verdict"]?.string
        // Nothing else is in what is answered from memory, many thousand times a second.
        guard verdict != nil || reachesUpstream else { return }
        // A gateway that was opened: the calls that follow name it, and nothing else says where they went.
        if let handle = result["gateway"]?.string {
            details.append((.gateway, AuditDetail.gateway.kept(of: handle)))
        }
        sha256 = result["sha256"]?.string
        size = (result["size"] ?? result["bytes"])?.integer
        guard verdict != nil else { return }
        reason = result["reason"]?.string
        let engine = result["engine"]?["kind"]?.string
        upstream = UpstreamError(name: engine, traceID: result["traceId"]?.string)
    }

    mutating func failed(_ error: APIError, at now: Instant) {
        failure = error.kind
        upstream = error.upstream
        // Its words are the caller's to read; they would make the record as long as a server likes.
        upstream?.text = nil
        stages.end(isPassed: false, at: now, next: .mapErrors)
    }
}

/// Where audit records go.
package protocol AuditSink: Sendable {
    /// Takes a record without waiting. Returns false where it had to be dropped.
    func write(_ record: AuditRecord, isBeginning: Bool) -> Bool
}
