// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `status`: the daemon's version, counts, profiles and limits (`schemas/status.json`).
public enum Status {
    /// The method's name.
    public static let name = "status"

    /// Nothing.
    public struct Parameters: Equatable, JSONRepresentable {
        /// Nothing.
        public init() {}

        /// An empty object.
        public var json: JSONValue { [:] }

        /// Takes any value.
        public init(json: JSONValue) throws(APIError) {}
    }
}

extension Status: APIMethod {
    package static let schema = MethodSchema.named(name)
}
