// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `scanPath`: has the engine scan a file that it reads itself (`schemas/scanPath.json`).
public enum ScanPath {
    /// The method's name.
    public static let name = "scanPath"

    /// The verdict.
    public typealias Result = VerdictObject

    /// What to scan, and how.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The file's path, from the root, as the engine or a path map knows it.
        public var filePath: String
        /// The profile to scan with; the default profile for nil.
        public var profile: String?
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 120 000 for nil.
        public var deadlineMilliseconds: Int64?

        /// Puts one together.
        public init(filePath: String, profile: String? = nil, deadlineMilliseconds: Int64? = nil) {
            self.filePath = filePath
            self.profile = profile
            self.deadlineMilliseconds = deadlineMilliseconds
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["filePath"] = .string(filePath)
            object["profile"] = profile.map { .string($0) }
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            filePath = try reader.string("filePath")
            profile = try reader.optionalString("profile")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
        }
    }
}

extension ScanPath: APIMethod {
    package static let schema = MethodSchema.named(name)
}
