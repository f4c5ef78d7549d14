// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `unsubscribe`: ends a subscription (`schemas/unsubscribe.json`).
public enum Unsubscribe {
    /// The method's name.
    public static let name = "unsubscribe"

    /// Which subscription.
    public struct Parameters: Equatable, JSONRepresentable {
        /// What `subscribe` answered on this connection.
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
            let reader = try MemberReader(json, "params")
            subscription = try reader.string("subscription")
        }
    }

    /// That it has ended.
    public struct Result: Equatable, JSONRepresentable {
        /// That it has ended.
        public init() {}

        /// As the schema has it.
        public var json: JSONValue { ["ended": true] }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of unsubscribe")
            guard try reader.bool("ended") else { throw reader.fault("ended") }
        }
    }
}

extension Unsubscribe: APIMethod {
    package static let schema = MethodSchema.named(name)
}
