// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `ping`: answers at once (`schemas/ping.json`).
public enum Ping {
    /// The method's name.
    public static let name = "ping"

    /// Nothing.
    public struct Parameters: Equatable, JSONRepresentable {
        /// Nothing.
        public init() {}

        /// An empty object.
        public var json: JSONValue { [:] }

        /// Takes any value.
        public init(json: JSONValue) throws(APIError) {}
    }

    /// A sign of life.
    public struct Result: Equatable, JSONRepresentable {
        /// The daemon's version.
        public var version: String

        /// A sign of life of this version.
        public init(version: String = gatehouseVersion) {
            self.version = version
        }

        /// As the schema has it.
        public var json: JSONValue { ["pong": true, "version": .string(version)] }

        /// Reads a result.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of ping")
            guard try reader.bool("pong") else { throw reader.fault("pong") }
            version = try reader.string("version")
        }
    }
}

extension Ping: APIMethod {
    package static let schema = MethodSchema.named(name)
}
