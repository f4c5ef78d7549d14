// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `scanFile`: scans one file and answers a verdict (`schemas/scanFile.json`).
public enum ScanFile {
    /// The method's name.
    public static let name = "scanFile"

    /// The verdict.
    public typealias Result = VerdictObject

    /// In which form the file comes.
    public enum Source: Equatable, Sendable {
        /// A descriptor: its index among those that came with the message, from 0.
        case descriptor(Int)
        /// The file itself in base64, not decoded yet.
        case content(String)
        /// ``ScanFile/Chunk`` notifications that follow on the same connection.
        case chunks
        /// A path; answered with `passADescriptor` always.
        case path(String)
    }

    /// What to scan, and how.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The file.
        public var file: Source
        /// Its name for the engine and the log: the last part of a path, 1 to 255 bytes without control characters.
        public var name: String?
        /// The profile to scan with; the default profile for nil.
        public var profile: String?
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000, 120 000 for nil.
        public var deadlineMilliseconds: Int64?
        /// Whether the daemon sends progress notifications; nil is no.
        public var progress: Bool?

        /// Puts params together.
        public init(
            file: Source,
            name: String? = nil,
            profile: String? = nil,
            deadlineMilliseconds: Int64? = nil,
            progress: Bool? = nil
        ) {
            self.file = file
            self.name = name
            self.profile = profile
            self.deadlineMilliseconds = deadlineMilliseconds
            self.progress = progress
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["file"] = file.json
            object["name"] = name.map { .string($0) }
            object["profile"] = profile.map { .string($0) }
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            object["progress"] = progress.map { .bool($0) }
            return .object(object)
        }

        /// Reads params.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            guard let file = Source(json: try reader.value("file")) else { throw reader.fault("file") }
            self.file = file
            name = try reader.optionalString("name")
            profile = try reader.optionalString("profile")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
            progress = try reader.optionalBool("progress")
        }
    }
}

extension ScanFile.Source {
    /// The `file` of the params.
    public var json: JSONValue {
        switch self {
        case .descriptor(let index): ["fd": .number(JSONNumber(index))]
        case .content(let text): ["content": .string(text)]
        case .chunks: ["chunks": true]
        case .path(let path): ["path": .string(path)]
        }
    }

    /// Reads the `file` of the params; nil where it is not exactly one of the forms.
    init?(json: JSONValue) {
        guard let members = json.object?.members, members.count == 1, let member = members.first else { return nil }
        switch (member.name, member.value) {
        case ("fd", .number(let number)):
            guard let index = number.integer.flatMap(Int.init(exactly:)), index >= 0 else { return nil }
            self = .descriptor(index)
        case ("content", .string(let text)): self = .content(text)
        case ("chunks", .bool(true)): self = .chunks
        case ("path", .string(let path)): self = .path(path)
        default: return nil
        }
    }
}

extension ScanFile: APIMethod {
    package static let schema = MethodSchema.named(name)
}
