// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

extension Subscribe {
    /// The state of what changed, by topic.
    public enum Items: Equatable, Sendable {
        /// Profiles whose tokens changed.
        case tokens([TokenStatus.Profile])
        /// Gateways that changed.
        case gateways([GatewayReport])
        /// Scans that changed.
        case scans([ScanReport])
    }

    /// The notification `changed`.
    public struct Changed: Equatable, JSONRepresentable {
        /// The notification's method.
        public static let method = "changed"

        /// The subscription's name.
        public var subscription: String
        /// Counts the changes of the subscription, from 1.
        public var sequence: Int64
        /// Whether the items are all that there is; else only what changed.
        public var isFull: Bool
        /// The items with their new state.
        public var items: Items

        /// Puts one together.
        public init(subscription: String, sequence: Int64, isFull: Bool, items: Items) {
            self.subscription = subscription
            self.sequence = sequence
            self.isFull = isFull
            self.items = items
        }

        /// As the schema has it.
        public var json: JSONValue {
            let (topic, list): (Topic, [JSONValue]) =
                switch items {
                case .tokens(let items): (.tokens, items.map(\.json))
                case .gateways(let items): (.gateways, items.map(\.json))
                case .scans(let items): (.scans, items.map(\.json))
                }
            return [
                "subscription": .string(subscription), "seq": .number(JSONNumber(sequence)),
                "topic": .string(topic.rawValue),
                "full": .bool(isFull), "items": .array(list),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "notification of a change")
            subscription = try reader.string("subscription")
            sequence = try reader.integer("seq")
            isFull = try reader.bool("full")
            let topic: Topic = try reader.word("topic")
            switch topic {
            case .tokens: items = .tokens(try reader.list("items"))
            case .gateways: items = .gateways(try reader.list("items"))
            case .scans: items = .scans(try reader.list("items"))
            }
        }
    }
}
