// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `closeGateway`: closes a gateway (`schemas/closeGateway.json`).
public enum CloseGateway {
    /// The method's name.
    public static let name = "closeGateway"

    /// Which gateway.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The gateway's handle.
        public var gateway: String
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 10 000 for nil.
        public var deadlineMilliseconds: Int64?

        /// Puts one together.
        public init(gateway: String, deadlineMilliseconds: Int64? = nil) {
            self.gateway = gateway
            self.deadlineMilliseconds = deadlineMilliseconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["gateway"] = .string(gateway)
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            gateway = try reader.string("gateway")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
        }
    }

    /// That it is closed.
    public struct Result: Equatable, JSONRepresentable {
        /// Puts one together.
        public init() {}

        /// As the schema has it.
        public var json: JSONValue { ["closed": true] }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of closeGateway")
            guard try reader.bool("closed") else { throw reader.fault("closed") }
        }
    }
}

extension CloseGateway: APIMethod {
    package static let schema = MethodSchema.named(name)
}
