// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `tokenRefresh`: obtains tokens anew (`schemas/tokenRefresh.json`).
public enum TokenRefresh {
    /// The method's name.
    public static let name = "tokenRefresh"

    /// The tokens after it, by profile.
    public typealias Result = TokenStatus.Result

    /// Which profiles.
    public struct Parameters: Equatable, JSONRepresentable {
        /// Only this profile; all of them for nil.
        public var profile: String?
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 10 000 for nil.
        public var deadlineMilliseconds: Int64?

        /// Puts one together.
        public init(profile: String? = nil, deadlineMilliseconds: Int64? = nil) {
            self.profile = profile
            self.deadlineMilliseconds = deadlineMilliseconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["profile"] = profile.map { .string($0) }
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            profile = try reader.optionalString("profile")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
        }
    }
}

extension TokenRefresh: APIMethod {
    package static let schema = MethodSchema.named(name)
}
