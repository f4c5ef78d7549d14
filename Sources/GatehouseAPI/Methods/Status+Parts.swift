// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

extension Status {
    /// Connections to the sockets.
    public struct Connections: Equatable, JSONRepresentable {
        /// Open now.
        public var open: Int64
        /// Accepted since the start.
        public var accepted: Int64
        /// Refused since the start because a limit was reached.
        public var refused: Int64

        /// Puts one together.
        public init(
            open: Int64,
            accepted: Int64,
            refused: Int64
        ) {
            self.open = open
            self.accepted = accepted
            self.refused = refused
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "open": .number(JSONNumber(open)),
                "accepted": .number(JSONNumber(accepted)),
                "refused": .number(JSONNumber(refused)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "status's connections")
            open = try reader.integer("open")
            accepted = try reader.integer("accepted")
            refused = try reader.integer("refused")
        }
    }

    /// Requests on those connections.
    public struct Requests: Equatable, JSONRepresentable {
        /// Being worked on now, this one included.
        public var inFlight: Int64
        /// Taken on since the start.
        public var total: Int64
        /// Answered with an error since the start.
        public var failed: Int64

        /// Puts one together.
        public init(
            inFlight: Int64,
            total: Int64,
            failed: Int64
        ) {
            self.inFlight = inFlight
            self.total = total
            self.failed = failed
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "inFlight": .number(JSONNumber(inFlight)),
                "total": .number(JSONNumber(total)),
                "failed": .number(JSONNumber(failed)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "status's requests")
            inFlight = try reader.integer("inFlight")
            total = try reader.integer("total")
            failed = try reader.integer("failed")
        }
    }

    /// Scans since the start, by outcome.
    public struct Scans: Equatable, JSONRepresentable {
        /// Scanned, and nothing was found.
        public var clean: Int64
        /// Something was found.
        public var infected: Int64
        /// The engine did not scan the file.
        public var notScanned: Int64
        /// Answered with an error.
        public var failed: Int64

        /// Puts one together.
        public init(
            clean: Int64,
            infected: Int64,
            notScanned: Int64,
            failed: Int64
        ) {
            self.clean = clean
            self.infected = infected
            self.notScanned = notScanned
            self.failed = failed
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "clean": .number(JSONNumber(clean)),
                "infected": .number(JSONNumber(infected)),
                "notScanned": .number(JSONNumber(notScanned)),
                "failed": .number(JSONNumber(failed)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "status's scans")
            clean = try reader.integer("clean")
            infected = try reader.integer("infected")
            notScanned = try reader.integer("notScanned")
            failed = try reader.integer("failed")
        }
    }

    /// A profile of the configuration.
    public struct Profile: Equatable, JSONRepresentable {
        /// Its name.
        public var profile: String
        /// Its kind of engine.
        public var engine: String
        /// Whether it is used when a caller names none.
        public var isDefault: Bool

        /// Puts one together.
        public init(
            profile: String,
            engine: String,
            isDefault: Bool
        ) {
            self.profile = profile
            self.engine = engine
            self.isDefault = isDefault
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "profile": .string(profile),
                "engine": .string(engine),
                "default": .bool(isDefault),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "status's profile")
            profile = try reader.string("profile")
            engine = try reader.string("engine")
            isDefault = try reader.bool("default")
        }
    }
}
