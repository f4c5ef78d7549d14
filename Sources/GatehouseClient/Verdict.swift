// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// What a scan found.
///
/// It fails closed: only an answer that says `clean` in so many words, and nowhere anything else, is ``isClean``.
public struct Verdict: Equatable, Sendable {
    /// The three ways in which a scan can end.
    public enum Outcome: String, Sendable {
        /// The engine looked at all of it and found nothing.
        case clean
        /// The engine found something.
        case infected
        /// The engine did not look at all of it: treat the content as you treat what nobody scanned.
        case notScanned
    }

    /// One thing that the engine found; what it does not say is nil.
    public struct Threat: Equatable, Sendable {
        /// The engine's name for it.
        public let name: String?
        /// The engine's number for it.
        public let id: String?
        /// The engine's class for it.
        public let category: String?
        /// The file inside the container that holds it.
        public let file: String?
        /// What the engine did about it.
        public let disposition: String?
    }

    /// How the scan ended.
    public let outcome: Outcome
    /// Why it was not scanned, as a camelCase word; nil for the other two outcomes.
    public let reason: String?
    /// What the engine found.
    public let threats: [Threat]
    /// SHA-256 of the bytes that the engine got, in hexadecimal; nil where only the engine read them.
    public let sha256: String?
    /// How many bytes the engine got; nil where unknown.
    public let size: Int64?
    /// The profile that scanned; nil where the daemon does not say.
    public let profile: String?
    /// The request's name in the daemon's log; nil where the daemon does not say.
    public let requestId: String?
    /// The whole verdict object, as it came.
    public let object: JSONValue

    /// Reads a verdict object; whatever is not one, or contradicts itself, is `notScanned`.
    public init(_ object: JSONValue) {
        let threats = (object["threats"]?.array ?? []).map(Threat.init)
        (outcome, reason) = Self.judge(object, threats)
        self.threats = threats
        sha256 = object["sha256"]?.string
        size = object["size"]?.integer
        profile = object["engine"]?["profile"]?.string
        requestId = object["requestId"]?.string
        self.object = object
    }

    /// Whether the engine looked at all of it and found nothing.
    public var isClean: Bool { outcome == .clean }

    private static func judge(_ object: JSONValue, _ threats: [Threat]) -> (Outcome, String?) {
        switch object["verdict"]?.string.flatMap(Outcome.init(rawValue:)) {
        case .infected: return (.infected, nil)
        case .notScanned: return (.notScanned, object["reason"]?.string ?? "unknownAnswer")
        case nil: return (.notScanned, "unknownAnswer")
        case .clean: break
        }
        // The daemon does not send such a thing. Whoever stands in its place and does is not believed.
        let infections = object["totalInfections"] ?? .null
        guard threats.isEmpty, infections.isNull || infections.integer == 0 else {
            return (.notScanned, "contradictoryAnswer")
        }
        return (.clean, nil)
    }
}

extension Verdict.Threat {
    init(_ object: JSONValue) {
        name = object["name"]?.string
        id = object["id"]?.string
        category = object["category"]?.string
        file = object["file"]?.string
        disposition = object["disposition"]?.string
    }
}
