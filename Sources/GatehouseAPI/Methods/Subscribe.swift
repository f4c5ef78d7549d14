// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `subscribe`: tells the caller of every change (`schemas/subscribe.json`).
public enum Subscribe {
    /// The method's name.
    public static let name = "subscribe"

    /// What can be followed.
    public enum Topic: String, CaseIterable, Sendable {
        /// The tokens, by profile.
        case tokens
        /// The gateways.
        case gateways
        /// The scans.
        case scans
    }

    /// What to follow.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The topics, at least one.
        public var topics: [Topic]

        /// Puts one together.
        public init(topics: [Topic]) {
            self.topics = topics
        }

        /// As the schema has it.
        public var json: JSONValue { ["topics": .array(topics.map { .string($0.rawValue) })] }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            let words = try reader.strings("topics")
            topics = words.compactMap(Topic.init(rawValue:))
            guard topics.count == words.count else { throw reader.fault("topics") }
        }
    }

    /// The subscription.
    public struct Result: Equatable, JSONRepresentable {
        /// Its name, which every notification carries.
        public var subscription: String

        /// Puts one together.
        public init(subscription: String) {
            self.subscription = subscription
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "subscription": .string(subscription)
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of subscribe")
            subscription = try reader.string("subscription")
        }
    }
}

extension Subscribe: APIMethod {
    package static let schema = MethodSchema.named(name)
}
