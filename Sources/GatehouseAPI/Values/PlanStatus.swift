// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// Where the plan of a profile stands (`$defs/plan` of `schemas/common.json`).
public struct PlanStatus: Equatable, JSONRepresentable {
    /// One of its windows.
    public struct Window: Equatable, JSONRepresentable {
        /// How many calls it allows; nil where neither the configuration nor the gateway says.
        public var limit: Int64?
        /// How many calls the daemon has made in it, or the gateway has counted.
        public var used: Int64
        /// When the next one begins.
        public var resetsAt: Timestamp

        /// Puts one together.
        public init(limit: Int64?, used: Int64, resetsAt: Timestamp) {
            self.limit = limit
            self.used = used
            self.resetsAt = resetsAt
        }

        /// As the schema has it.
        public var json: JSONValue {
            ["limit": JSONValue(limit), "used": .number(JSONNumber(used)), "resetsAt": .string(resetsAt.description)]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "plan's window")
            limit = try reader.optionalInteger("limit")
            used = try reader.integer("used")
            resetsAt = try reader.time("resetsAt")
        }
    }

    /// The minute that is running.
    public var minute: Window
    /// The hour that is running.
    public var hour: Window
    /// How many requests wait for a call.
    public var waiting: Int64
    /// Until when nothing is sent after a refusal; nil where nothing was refused.
    public var pausedUntil: Timestamp?

    /// Puts one together.
    public init(minute: Window, hour: Window, waiting: Int64, pausedUntil: Timestamp?) {
        self.minute = minute
        self.hour = hour
        self.waiting = waiting
        self.pausedUntil = pausedUntil
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "minute": minute.json, "hour": hour.json, "waiting": .number(JSONNumber(waiting)),
            "pausedUntil": JSONValue(pausedUntil),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "plan")
        minute = try reader.member("minute")
        hour = try reader.member("hour")
        waiting = try reader.integer("waiting")
        pausedUntil = try reader.optionalTime("pausedUntil")
    }
}
