// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `tokenStatus`: the state of every token (`schemas/tokenStatus.json`).
public enum TokenStatus {
    /// The method's name.
    public static let name = "tokenStatus"

    /// Which profiles to show.
    public struct Parameters: Equatable, JSONRepresentable {
        /// Only this profile; all of them for nil.
        public var profile: String?

        /// Asks for one profile or, by nil, for all.
        public init(profile: String? = nil) {
            self.profile = profile
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["profile"] = profile.map { .string($0) }
            return .object(object)
        }

        /// Reads params.
        public init(json: JSONValue) throws(APIError) {
            profile = try MemberReader(json, "params").optionalString("profile")
        }
    }

    /// The tokens of one profile.
    public struct Profile: Equatable, JSONRepresentable {
        /// Its name.
        public var profile: String
        /// Its kind of engine.
        public var engine: String
        /// Its tokens, in the order in which one is needed for the next.
        public var tokens: [TokenReport]
        /// What it did with the test files; nil where it gets none.
        public var check: Check?

        /// Puts one together.
        public init(
            profile: String,
            engine: String,
            tokens: [TokenReport],
            check: Check? = nil
        ) {
            self.profile = profile
            self.engine = engine
            self.tokens = tokens
            self.check = check
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["profile"] = .string(profile)
            object["engine"] = .string(engine)
            object["tokens"] = .array(tokens.map(\.json))
            object["check"] = check?.json
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "profile")
            profile = try reader.string("profile")
            engine = try reader.string("engine")
            tokens = try reader.list("tokens")
            check = try reader.optionalObject("check")
        }
    }

    /// The tokens by profile.
    public struct Result: Equatable, JSONRepresentable {
        /// The profiles, in the order of their names.
        public var profiles: [Profile]
        /// The caller's sessions on Security Centers.
        public var sessions: [SessionReport]

        /// Puts one together.
        public init(
            profiles: [Profile],
            sessions: [SessionReport] = []
        ) {
            self.profiles = profiles
            self.sessions = sessions
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "profiles": .array(profiles.map(\.json)),
                "sessions": .array(sessions.map(\.json)),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of tokenStatus")
            profiles = try reader.list("profiles")
            sessions = try reader.list("sessions")
        }
    }
}

extension TokenStatus: APIMethod {
    package static let schema = MethodSchema.named(name)
}
