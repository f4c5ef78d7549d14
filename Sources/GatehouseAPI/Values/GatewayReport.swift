// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// The state of one gateway (`$defs/gatewayReport` of `schemas/common.json`).
public struct GatewayReport: Equatable, JSONRepresentable {
    /// The gateway's handle.
    public var gateway: String
    /// The Security Center through which it goes.
    public var server: String
    /// The way to its target, the primary first.
    public var route: [RouteStep]
    /// What it lives in.
    public var binding: GatewayBinding
    /// How often the route was prepared, from 1.
    public var generation: Int64
    /// `open`, `reopening` or `closed`.
    public var state: String
    /// The user id of its owner.
    public var userID: Int64
    /// When it was opened.
    public var openedAt: Timestamp
    /// When a call last used it.
    public var lastUsedAt: Timestamp?
    /// It is closed when it was not used for so long.
    public var idleTimeoutSeconds: Int64
    /// How many calls are on their way.
    public var callsInFlight: Int64
    /// Why it is closed: a kind of error, `closed` or `idle`; nil while it is not.
    public var closedBecause: String?

    /// Puts one together.
    public init(
        gateway: String,
        server: String,
        route: [RouteStep],
        binding: GatewayBinding,
        generation: Int64,
        state: String,
        userID: Int64,
        openedAt: Timestamp,
        lastUsedAt: Timestamp? = nil,
        idleTimeoutSeconds: Int64,
        callsInFlight: Int64,
        closedBecause: String? = nil
    ) {
        self.gateway = gateway
        self.server = server
        self.route = route
        self.binding = binding
        self.generation = generation
        self.state = state
        self.userID = userID
        self.openedAt = openedAt
        self.lastUsedAt = lastUsedAt
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.callsInFlight = callsInFlight
        self.closedBecause = closedBecause
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "gateway": .string(gateway),
            "server": .string(server),
            "route": .array(route.map(\.json)),
            "binding": .string(binding.rawValue),
            "generation": .number(JSONNumber(generation)),
            "state": .string(state),
            "uid": .number(JSONNumber(userID)),
            "openedAt": .string(openedAt.description),
            "lastUsedAt": JSONValue(lastUsedAt),
            "idleTimeoutSeconds": .number(JSONNumber(idleTimeoutSeconds)),
            "callsInFlight": .number(JSONNumber(callsInFlight)),
            "closedBecause": JSONValue(closedBecause),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "gateway")
        gateway = try reader.string("gateway")
        server = try reader.string("server")
        route = try reader.list("route")
        binding = try reader.word("binding")
        generation = try reader.integer("generation")
        state = try reader.string("state")
        userID = try reader.integer("uid")
        openedAt = try reader.time("openedAt")
        lastUsedAt = try reader.optionalTime("lastUsedAt")
        idleTimeoutSeconds = try reader.integer("idleTimeoutSeconds")
        callsInFlight = try reader.integer("callsInFlight")
        closedBecause = try reader.optionalString("closedBecause")
    }
}
