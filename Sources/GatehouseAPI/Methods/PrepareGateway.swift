// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `prepareGateway`: opens a gateway (`schemas/prepareGateway.json`).
public enum PrepareGateway {
    /// The method's name.
    public static let name = "prepareGateway"

    /// Where the gateway leads: exactly one of ``target`` and ``locations``.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The Security Center's name in the configuration; the only one for nil.
        public var server: String?
        /// Where the gateway leads.
        public var target: Target?
        /// The numbers of the secondary servers on the way, the one below the primary first; none for nil.
        public var via: [Int64]?
        /// The locations, from the first hop to the target, as a Security Center answered them: passed on as they are.
        public var locations: [JSONValue]?
        /// What the gateway lives in; a session for nil.
        public var binding: GatewayBinding?
        /// The gateway is closed when it was not used for so long: 1 to 86 400; 900 for nil.
        public var idleTimeoutSeconds: Int64?
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 120 000 for nil.
        public var deadlineMilliseconds: Int64?

        /// Puts one together.
        public init(
            server: String? = nil,
            target: Target? = nil,
            via: [Int64]? = nil,
            locations: [JSONValue]? = nil,
            binding: GatewayBinding? = nil,
            idleTimeoutSeconds: Int64? = nil,
            deadlineMilliseconds: Int64? = nil
        ) {
            self.server = server
            self.target = target
            self.via = via
            self.locations = locations
            self.binding = binding
            self.idleTimeoutSeconds = idleTimeoutSeconds
            self.deadlineMilliseconds = deadlineMilliseconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["server"] = server.map { .string($0) }
            object["target"] = target.map { $0.json }
            object["via"] = via.map { .array($0.map { .number(JSONNumber($0)) }) }
            object["locations"] = locations.map { .array($0) }
            object["binding"] = binding.map { .string($0.rawValue) }
            object["idleTimeoutSeconds"] = idleTimeoutSeconds.map { .number(JSONNumber($0)) }
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            server = try reader.optionalString("server")
            target = try reader.optionalObject("target")
            via = try reader.optionalIntegers("via")
            locations = try reader.optionalValues("locations")
            binding = try reader.optionalWord("binding")
            idleTimeoutSeconds = try reader.optionalInteger("idleTimeoutSeconds")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
        }
    }

    /// The gateway.
    public struct Result: Equatable, JSONRepresentable {
        /// The gateway's handle.
        public var gateway: String
        /// How often the route was prepared, from 1.
        public var generation: Int64
        /// The way to its target, the primary first.
        public var route: [RouteStep]
        /// What it lives in.
        public var binding: GatewayBinding
        /// When it was opened.
        public var openedAt: Timestamp
        /// It is closed when it was not used for so long.
        public var idleTimeoutSeconds: Int64

        /// Puts one together.
        public init(
            gateway: String,
            generation: Int64,
            route: [RouteStep],
            binding: GatewayBinding,
            openedAt: Timestamp,
            idleTimeoutSeconds: Int64
        ) {
            self.gateway = gateway
            self.generation = generation
            self.route = route
            self.binding = binding
            self.openedAt = openedAt
            self.idleTimeoutSeconds = idleTimeoutSeconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "gateway": .string(gateway),
                "generation": .number(JSONNumber(generation)),
                "route": .array(route.map(\.json)),
                "binding": .string(binding.rawValue),
                "openedAt": .string(openedAt.description),
                "idleTimeoutSeconds": .number(JSONNumber(idleTimeoutSeconds)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of prepareGateway")
            gateway = try reader.string("gateway")
            generation = try reader.integer("generation")
            route = try reader.list("route")
            binding = try reader.word("binding")
            openedAt = try reader.time("openedAt")
            idleTimeoutSeconds = try reader.integer("idleTimeoutSeconds")
        }
    }
}

extension PrepareGateway: APIMethod {
    package static let schema = MethodSchema.named(name)
}
