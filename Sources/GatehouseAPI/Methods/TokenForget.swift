// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `tokenForget`: forgets tokens (`schemas/tokenForget.json`).
public enum TokenForget {
    /// The method's name.
    public static let name = "tokenForget"

    /// The tokens after it, by profile.
    public typealias Result = TokenStatus.Result

    /// Which profiles.
    public struct Parameters: Equatable, JSONRepresentable {
        /// Only this profile; all of them for nil.
        public var profile: String?

        /// Puts one together.
        public init(profile: String? = nil) {
            self.profile = profile
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["profile"] = profile.map { .string($0) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            profile = try reader.optionalString("profile")
        }
    }
}

extension TokenForget: APIMethod {
    package static let schema = MethodSchema.named(name)
}
