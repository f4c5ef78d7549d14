// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `drain`: takes on no new work (`schemas/drain.json`).
public enum Drain {
    /// The method's name.
    public static let name = "drain"

    /// How long to wait.
    public struct Parameters: Equatable, JSONRepresentable {
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 10 000 for nil.
        public var deadlineMilliseconds: Int64?

        /// Puts one together.
        public init(deadlineMilliseconds: Int64? = nil) {
            self.deadlineMilliseconds = deadlineMilliseconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
        }
    }

    /// What is left.
    public struct Result: Equatable, JSONRepresentable {
        /// Whether nothing is in flight any more.
        public var isDrained: Bool
        /// How many other requests are still being worked on.
        public var requestsInFlight: Int64
        /// How many gateways are open.
        public var gatewaysOpen: Int64

        /// Puts one together.
        public init(isDrained: Bool, requestsInFlight: Int64, gatewaysOpen: Int64) {
            self.isDrained = isDrained
            self.requestsInFlight = requestsInFlight
            self.gatewaysOpen = gatewaysOpen
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "drained": .bool(isDrained),
                "requestsInFlight": .number(JSONNumber(requestsInFlight)),
                "gatewaysOpen": .number(JSONNumber(gatewaysOpen)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of drain")
            isDrained = try reader.bool("drained")
            requestsInFlight = try reader.integer("requestsInFlight")
            gatewaysOpen = try reader.integer("gatewaysOpen")
        }
    }
}

extension Drain: APIMethod {
    package static let schema = MethodSchema.named(name)
}
