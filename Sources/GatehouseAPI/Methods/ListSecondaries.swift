// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `listSecondaries`: lists the secondary servers of a Security Center (`schemas/listSecondaries.json`).
public enum ListSecondaries {
    /// The method's name.
    public static let name = "listSecondaries"

    /// Which server to ask: the last one in ``via``, else the primary.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The Security Center's name in the configuration; the only one for nil.
        public var server: String?
        /// The numbers of the secondary servers on the way, the one below the primary first; none for nil.
        public var via: [Int64]?
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 120 000 for nil.
        public var deadlineMilliseconds: Int64?

        /// Puts one together.
        public init(server: String? = nil, via: [Int64]? = nil, deadlineMilliseconds: Int64? = nil) {
            self.server = server
            self.via = via
            self.deadlineMilliseconds = deadlineMilliseconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["server"] = server.map { .string($0) }
            object["via"] = via.map { .array($0.map { .number(JSONNumber($0)) }) }
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            server = try reader.optionalString("server")
            via = try reader.optionalIntegers("via")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
        }
    }

    /// One secondary server; nil is what the Security Center does not say.
    public struct Secondary: Equatable, JSONRepresentable {
        /// Its number on the server above it.
        public var id: Int64
        /// Its instance id, which is good on the primary at any depth.
        public var instanceID: String?
        /// The name that the Security Center shows.
        public var displayName: String?
        /// Its address.
        public var address: String?
        /// Whether it is connected.
        public var isActive: Bool?
        /// Its version.
        public var version: String?
        /// When it was connected last.
        public var lastConnectedAt: Timestamp?

        /// Puts one together.
        public init(
            id: Int64,
            instanceID: String? = nil,
            displayName: String? = nil,
            address: String? = nil,
            isActive: Bool? = nil,
            version: String? = nil,
            lastConnectedAt: Timestamp? = nil
        ) {
            self.id = id
            self.instanceID = instanceID
            self.displayName = displayName
            self.address = address
            self.isActive = isActive
            self.version = version
            self.lastConnectedAt = lastConnectedAt
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "id": .number(JSONNumber(id)),
                "instanceId": JSONValue(instanceID),
                "displayName": JSONValue(displayName),
                "address": JSONValue(address),
                "active": isActive.map { .bool($0) } ?? .null,
                "version": JSONValue(version),
                "lastConnectedAt": JSONValue(lastConnectedAt),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "secondary server")
            id = try reader.integer("id")
            instanceID = try reader.optionalString("instanceId")
            displayName = try reader.optionalString("displayName")
            address = try reader.optionalString("address")
            isActive = try reader.optionalBool("active")
            version = try reader.optionalString("version")
            lastConnectedAt = try reader.optionalTime("lastConnectedAt")
        }
    }

    /// The secondary servers.
    public struct Result: Equatable, JSONRepresentable {
        /// The secondary servers, in the order of their numbers.
        public var secondaries: [Secondary]

        /// Puts one together.
        public init(secondaries: [Secondary]) {
            self.secondaries = secondaries
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "secondaries": .array(secondaries.map(\.json))
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of listSecondaries")
            secondaries = try reader.list("secondaries")
        }
    }
}

extension ListSecondaries: APIMethod {
    package static let schema = MethodSchema.named(name)
}
