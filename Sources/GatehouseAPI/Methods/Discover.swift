// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `rpc.discover`: describes every method (`schemas/rpc.discover.json`).
public enum Discover {
    /// The method's name.
    public static let name = "rpc.discover"

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

    /// An OpenRPC document.
    public struct Result: Equatable, JSONRepresentable {
        /// The version of OpenRPC that it keeps to.
        public var openrpc: String
        /// What it describes, in which version.
        public var info: JSONObject
        /// The methods, in the order of their names.
        public var methods: [JSONValue]
        /// What the methods have in common.
        public var components: JSONObject
        /// The notifications of both sides by their names.
        public var notifications: JSONObject

        /// Puts one together.
        public init(
            openrpc: String,
            info: JSONObject,
            methods: [JSONValue],
            components: JSONObject,
            notifications: JSONObject
        ) {
            self.openrpc = openrpc
            self.info = info
            self.methods = methods
            self.components = components
            self.notifications = notifications
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "openrpc": .string(openrpc),
                "info": .object(info),
                "methods": .array(methods),
                "components": .object(components),
                "x-notifications": .object(notifications),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of rpc.discover")
            openrpc = try reader.string("openrpc")
            info = try reader.members("info")
            methods = try reader.values("methods")
            components = try reader.members("components")
            notifications = try reader.members("x-notifications")
        }
    }
}

extension Discover: APIMethod {
    package static let schema = MethodSchema.named(name)
}
