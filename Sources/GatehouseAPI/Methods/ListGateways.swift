// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `listGateways`: lists the open gateways (`schemas/listGateways.json`).
public enum ListGateways {
    /// The method's name.
    public static let name = "listGateways"

    /// Nothing.
    public struct Parameters: Equatable, JSONRepresentable {

        /// Puts one together.
        public init() {}

        /// As the schema has it.
        public var json: JSONValue {
            [:]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            _ = try MemberReader(json, "params")
        }
    }

    /// The gateways.
    public struct Result: Equatable, JSONRepresentable {
        /// The gateways, the oldest first.
        public var gateways: [GatewayReport]

        /// Puts one together.
        public init(gateways: [GatewayReport]) {
            self.gateways = gateways
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "gateways": .array(gateways.map(\.json))
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of listGateways")
            gateways = try reader.list("gateways")
        }
    }
}

extension ListGateways: APIMethod {
    package static let schema = MethodSchema.named(name)
}
