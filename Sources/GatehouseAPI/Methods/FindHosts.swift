// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `findHosts`: finds hosts that a Security Center manages (`schemas/findHosts.json`).
public enum FindHosts {
    /// The method's name.
    public static let name = "findHosts"

    /// Which hosts, by exactly one of ``filter`` and ``hostName``.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The Security Center's name in the configuration; the only one for nil.
        public var server: String?
        /// The numbers of the secondary servers on the way, the one below the primary first; none for nil.
        public var via: [Int64]?
        /// A filter in the Security Center's own language.
        public var filter: String?
        /// A host's id, display name or name in the network, as a whole.
        public var hostName: String?
        /// Further attributes to answer; none for nil.
        public var fields: [String]?
        /// The most hosts to answer: 1 to 10 000; 100 for nil.
        public var limit: Int64?
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 120 000 for nil.
        public var deadlineMilliseconds: Int64?

        /// Puts one together.
        public init(
            server: String? = nil,
            via: [Int64]? = nil,
            filter: String? = nil,
            hostName: String? = nil,
            fields: [String]? = nil,
            limit: Int64? = nil,
            deadlineMilliseconds: Int64? = nil
        ) {
            self.server = server
            self.via = via
            self.filter = filter
            self.hostName = hostName
            self.fields = fields
            self.limit = limit
            self.deadlineMilliseconds = deadlineMilliseconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["server"] = server.map { .string($0) }
            object["via"] = via.map { .array($0.map { .number(JSONNumber($0)) }) }
            object["filter"] = filter.map { .string($0) }
            object["name"] = hostName.map { .string($0) }
            object["fields"] = fields.map { .array($0.map { .string($0) }) }
            object["limit"] = limit.map { .number(JSONNumber($0)) }
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            server = try reader.optionalString("server")
            via = try reader.optionalIntegers("via")
            filter = try reader.optionalString("filter")
            hostName = try reader.optionalString("name")
            fields = try reader.optionalStrings("fields")
            limit = try reader.optionalInteger("limit")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
        }
    }

    /// The state of a host; nil is what the Security Center does not say.
    public struct Status: Equatable, JSONRepresentable {
        /// `ok`, `warning` or `critical`.
        public var level: String?
        /// Whether it is seen in the network.
        public var isVisible: Bool?
        /// Whether it has a Network Agent.
        public var hasAgent: Bool?
        /// Whether its Network Agent was heard of lately.
        public var isAgentConnected: Bool?

        /// Puts one together.
        public init(level: String? = nil, isVisible: Bool? = nil, hasAgent: Bool? = nil, isAgentConnected: Bool? = nil)
        {
            self.level = level
            self.isVisible = isVisible
            self.hasAgent = hasAgent
            self.isAgentConnected = isAgentConnected
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "level": JSONValue(level),
                "visible": isVisible.map { .bool($0) } ?? .null,
                "agentInstalled": hasAgent.map { .bool($0) } ?? .null,
                "agentConnected": isAgentConnected.map { .bool($0) } ?? .null,
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "host's status")
            level = try reader.optionalString("level")
            isVisible = try reader.optionalBool("visible")
            hasAgent = try reader.optionalBool("agentInstalled")
            isAgentConnected = try reader.optionalBool("agentConnected")
        }
    }

    /// One host.
    public struct Host: Equatable, JSONRepresentable {
        /// Its id.
        public var id: String
        /// The name that the Security Center shows.
        public var displayName: String?
        /// Its name in the network, or its IP address where it has none.
        public var address: String?
        /// Its state.
        public var status: Status
        /// What was asked for in `fields`, as the Security Center writes it.
        public var attributes: JSONObject

        /// Puts one together.
        public init(
            id: String,
            displayName: String? = nil,
            address: String? = nil,
            status: Status,
            attributes: JSONObject
        ) {
            self.id = id
            self.displayName = displayName
            self.address = address
            self.status = status
            self.attributes = attributes
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "id": .string(id),
                "displayName": JSONValue(displayName),
                "address": JSONValue(address),
                "status": status.json,
                "attributes": .object(attributes),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "host")
            id = try reader.string("id")
            displayName = try reader.optionalString("displayName")
            address = try reader.optionalString("address")
            status = try reader.member("status")
            attributes = try reader.members("attributes")
        }
    }

    /// The hosts.
    public struct Result: Equatable, JSONRepresentable {
        /// The hosts, in the order of their display names.
        public var hosts: [Host]
        /// How many there are in all, those beyond the limit included.
        public var total: Int64

        /// Puts one together.
        public init(hosts: [Host], total: Int64) {
            self.hosts = hosts
            self.total = total
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "hosts": .array(hosts.map(\.json)),
                "total": .number(JSONNumber(total)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of findHosts")
            hosts = try reader.list("hosts")
            total = try reader.integer("total")
        }
    }
}

extension FindHosts: APIMethod {
    package static let schema = MethodSchema.named(name)
}
