// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `reload`: reads the configuration again (`schemas/reload.json`).
public enum Reload {
    /// The method's name.
    public static let name = "reload"

    /// How long to wait.
    public struct Parameters: Equatable, JSONRepresentable {
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 10 000 for nil.
        ///
        /// A reload that takes longer goes on.
        public var deadlineMilliseconds: Int64?

        /// Puts one together.
        public init(deadlineMilliseconds: Int64? = nil) {
            self.deadlineMilliseconds = deadlineMilliseconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            deadlineMilliseconds = try MemberReader(json, "params").optionalInteger("deadlineMs")
        }
    }

    /// What is in force now.
    public struct Result: Equatable, JSONRepresentable {
        /// The keys of the configuration that are different now, and credentials by their names.
        public var changed: [String]
        /// What an operator should know about the configuration.
        public var notices: [String]

        /// Puts one together.
        public init(changed: [String], notices: [String]) {
            self.changed = changed
            self.notices = notices
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "changed": .array(changed.map { .string($0) }),
                "notices": .array(notices.map { .string($0) }),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of reload")
            changed = try reader.strings("changed")
            notices = try reader.strings("notices")
        }
    }
}

extension Reload: APIMethod {
    package static let schema = MethodSchema.named(name)
}
