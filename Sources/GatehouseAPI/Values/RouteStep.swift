// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// One stop of a route (`$defs/routeStep` of `schemas/common.json`).
public struct RouteStep: Equatable, JSONRepresentable {
    /// `server`, `secondary`, `agent`, `component`, or `location` for one that the caller gave.
    public var kind: String
    /// The server's name in the configuration, a secondary's number or instance id, a host's id, or `product/version/name`.
    public var id: String

    /// Puts one together.
    public init(kind: String, id: String) {
        self.kind = kind
        self.id = id
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "kind": .string(kind),
            "id": .string(id),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "route's step")
        kind = try reader.string("kind")
        id = try reader.string("id")
    }
}
