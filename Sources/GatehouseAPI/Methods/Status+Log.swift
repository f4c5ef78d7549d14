// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

extension Status {
    /// The daemon's log and audit.
    public struct Log: Equatable, JSONRepresentable {
        /// Records that wait for whoever reads the log.
        public var waiting: Int64
        /// Records lost since the start because nobody read the log fast enough.
        public var lost: Int64

        /// Puts one together.
        public init(waiting: Int64, lost: Int64) {
            self.waiting = waiting
            self.lost = lost
        }

        /// As the schema has it.
        public var json: JSONValue {
            ["waiting": .number(JSONNumber(waiting)), "lost": .number(JSONNumber(lost))]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "status's log")
            waiting = try reader.integer("waiting")
            lost = try reader.integer("lost")
        }
    }
}
