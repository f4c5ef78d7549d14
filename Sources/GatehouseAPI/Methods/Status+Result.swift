// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

extension Status {
    /// The daemon's state.
    public struct Result: Equatable, JSONRepresentable {
        /// The daemon's version.
        public var version: String
        /// When the daemon started.
        public var startedAt: Timestamp
        /// How many seconds it has run.
        public var uptimeSeconds: Int64
        /// Its process id.
        public var processID: Int64
        /// Connections to its sockets.
        public var connections: Connections
        /// Requests on those connections.
        public var requests: Requests
        /// Scans since the start.
        public var scans: Scans
        /// The daemon's log and audit.
        public var log: Log
        /// The profiles of the configuration.
        public var profiles: [Profile]
        /// Every limit by its configuration key.
        public var limits: [String: Int64]

        /// Puts one together.
        public init(
            version: String,
            startedAt: Timestamp,
            uptimeSeconds: Int64,
            processID: Int64,
            connections: Connections,
            requests: Requests,
            scans: Scans,
            log: Log,
            profiles: [Profile],
            limits: [String: Int64]
        ) {
            self.version = version
            self.startedAt = startedAt
            self.uptimeSeconds = uptimeSeconds
            self.processID = processID
            self.connections = connections
            self.requests = requests
            self.scans = scans
            self.log = log
            self.profiles = profiles
            self.limits = limits
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "version": .string(version),
                "startedAt": .string(startedAt.description),
                "uptimeSeconds": .number(JSONNumber(uptimeSeconds)),
                "pid": .number(JSONNumber(processID)),
                "connections": connections.json,
                "requests": requests.json,
                "scans": scans.json,
                "log": log.json,
                "profiles": .array(profiles.map(\.json)),
                "limits": .object(Self.object(of: limits)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of status")
            version = try reader.string("version")
            startedAt = try reader.time("startedAt")
            uptimeSeconds = try reader.integer("uptimeSeconds")
            processID = try reader.integer("pid")
            connections = try Connections(json: reader.value("connections"))
            requests = try Requests(json: reader.value("requests"))
            scans = try Scans(json: reader.value("scans"))
            log = try Log(json: reader.value("log"))
            profiles = try reader.list("profiles")
            limits = (reader.optionalValue("limits")?.object?.members ?? []).reduce(into: [:]) { limits, member in
                limits[member.name] = member.value.integer
            }
        }

        private static func object(of limits: [String: Int64]) -> JSONObject {
            var object = JSONObject()
            for (name, value) in limits.sorted(by: { $0.key < $1.key }) { object[name] = .number(JSONNumber(value)) }
            return object
        }
    }
}
