// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// The state of one session on a Security Center, or on something behind it.
public struct SessionReport: Equatable, JSONRepresentable {
    /// The Security Center's name in the configuration.
    public var server: String
    /// The way to where it leads, the primary first.
    public var route: [RouteStep]
    /// What it lives in.
    public var binding: GatewayBinding
    /// `open`, `opening`, `lost`, `gone` or `failed`.
    public var state: String
    /// How often it was opened; 0 before the first time.
    public var generation: Int64
    /// When it was opened last.
    public var openedAt: Timestamp?
    /// When the server answered on it last.
    public var lastContactAt: Timestamp?
    /// The last failure to open it.
    public var lastFailure: TokenFailure?
    /// When opening it may be tried again, where that has to wait.
    public var nextAttemptAt: Timestamp?

    /// Puts one together.
    public init(
        server: String,
        route: [RouteStep],
        binding: GatewayBinding,
        state: String,
        generation: Int64,
        openedAt: Timestamp? = nil,
        lastContactAt: Timestamp? = nil,
        lastFailure: TokenFailure? = nil,
        nextAttemptAt: Timestamp? = nil
    ) {
        self.server = server
        self.route = route
        self.binding = binding
        self.state = state
        self.generation = generation
        self.openedAt = openedAt
        self.lastContactAt = lastContactAt
        self.lastFailure = lastFailure
        self.nextAttemptAt = nextAttemptAt
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "server": .string(server),
            "route": .array(route.map(\.json)),
            "binding": .string(binding.rawValue),
            "state": .string(state),
            "generation": .number(JSONNumber(generation)),
            "openedAt": JSONValue(openedAt),
            "lastContactAt": JSONValue(lastContactAt),
            "lastFailure": lastFailure?.json ?? .null,
            "nextAttemptAt": JSONValue(nextAttemptAt),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "session")
        server = try reader.string("server")
        route = try reader.list("route")
        binding = try reader.word("binding")
        state = try reader.string("state")
        generation = try reader.integer("generation")
        openedAt = try reader.optionalTime("openedAt")
        lastContactAt = try reader.optionalTime("lastContactAt")
        lastFailure = try reader.optionalObject("lastFailure")
        nextAttemptAt = try reader.optionalTime("nextAttemptAt")
    }
}
