// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `policyExplain`: says whether a caller may do something (`schemas/policyExplain.json`).
public enum PolicyExplain {
    /// The method's name.
    public static let name = "policyExplain"

    /// Who would do what.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The caller's user id.
        public var userID: Int64
        /// The caller's group ids; those of the user for nil.
        public var groupIDs: [Int64]?
        /// The caller's systemd unit.
        public var unit: String?
        /// The method.
        public var method: String
        /// The profile.
        public var profile: String?
        /// The Security Center.
        public var server: String?
        /// The call, `Class.Method`.
        public var call: String?
        /// The numbers of the secondary servers on the way to the target.
        public var via: [Int64]?
        /// The target.
        public var target: Target?
        /// Locations of the caller's own.
        public var locations: [JSONValue]?
        /// The path of a `scanPath`.
        public var filePath: String?
        /// The size of a file.
        public var bytes: Int64?

        /// Puts one together.
        public init(
            userID: Int64,
            groupIDs: [Int64]? = nil,
            unit: String? = nil,
            method: String,
            profile: String? = nil,
            server: String? = nil,
            call: String? = nil,
            via: [Int64]? = nil,
            target: Target? = nil,
            locations: [JSONValue]? = nil,
            filePath: String? = nil,
            bytes: Int64? = nil
        ) {
            self.userID = userID
            self.groupIDs = groupIDs
            self.unit = unit
            self.method = method
            self.profile = profile
            self.server = server
            self.call = call
            self.via = via
            self.target = target
            self.locations = locations
            self.filePath = filePath
            self.bytes = bytes
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["uid"] = .number(JSONNumber(userID))
            object["gids"] = groupIDs.map { .array($0.map { .number(JSONNumber($0)) }) }
            object["unit"] = unit.map { .string($0) }
            object["method"] = .string(method)
            object["profile"] = profile.map { .string($0) }
            object["server"] = server.map { .string($0) }
            object["call"] = call.map { .string($0) }
            object["via"] = via.map { .array($0.map { .number(JSONNumber($0)) }) }
            object["target"] = target.map { $0.json }
            object["locations"] = locations.map { .array($0) }
            object["filePath"] = filePath.map { .string($0) }
            object["bytes"] = bytes.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            userID = try reader.integer("uid")
            groupIDs = try reader.optionalIntegers("gids")
            unit = try reader.optionalString("unit")
            method = try reader.string("method")
            profile = try reader.optionalString("profile")
            server = try reader.optionalString("server")
            call = try reader.optionalString("call")
            via = try reader.optionalIntegers("via")
            target = try reader.optionalObject("target")
            locations = try reader.optionalValues("locations")
            filePath = try reader.optionalString("filePath")
            bytes = try reader.optionalInteger("bytes")
        }
    }

    /// One rule that was looked at.
    public struct Rule: Equatable, JSONRepresentable {
        /// Its index, from 0.
        public var rule: Int64
        /// Whether it matches.
        public var isMatch: Bool
        /// The first part of it that does not match.
        public var mismatch: String?

        /// Puts one together.
        public init(rule: Int64, isMatch: Bool, mismatch: String? = nil) {
            self.rule = rule
            self.isMatch = isMatch
            self.mismatch = mismatch
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "rule": .number(JSONNumber(rule)),
                "matches": .bool(isMatch),
                "mismatch": JSONValue(mismatch),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "rule")
            rule = try reader.integer("rule")
            isMatch = try reader.bool("matches")
            mismatch = try reader.optionalString("mismatch")
        }
    }

    /// The decision.
    public struct Result: Equatable, JSONRepresentable {
        /// Whether the caller may.
        public var isAllowed: Bool
        /// The index of the rule that decides; nil where none matches or there is no policy.
        public var rule: Int64?
        /// Why, in one sentence.
        public var reason: String
        /// The rules that were looked at, in their order.
        public var rules: [Rule]

        /// Puts one together.
        public init(isAllowed: Bool, rule: Int64? = nil, reason: String, rules: [Rule]) {
            self.isAllowed = isAllowed
            self.rule = rule
            self.reason = reason
            self.rules = rules
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "allowed": .bool(isAllowed),
                "rule": JSONValue(rule),
                "reason": .string(reason),
                "rules": .array(rules.map(\.json)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of policyExplain")
            isAllowed = try reader.bool("allowed")
            rule = try reader.optionalInteger("rule")
            reason = try reader.string("reason")
            rules = try reader.list("rules")
        }
    }
}

extension PolicyExplain: APIMethod {
    package static let schema = MethodSchema.named(name)
}
