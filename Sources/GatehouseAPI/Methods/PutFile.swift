// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `putFile`: sends a file through a gateway (`schemas/putFile.json`).
public enum PutFile {
    /// The method's name.
    public static let name = "putFile"

    /// What was transferred.
    public typealias Result = FileTransfer

    /// Where the file goes.
    public struct Destination: Equatable, JSONRepresentable {
        /// A path under `/FTUR/`, which a call through the same gateway answered.
        public var path: String

        /// Puts one together.
        public init(path: String) {
            self.path = path
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "path": .string(path)
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "target")
            path = try reader.string("path")
        }
    }

    /// What to send, and where to.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The gateway's handle.
        public var gateway: String
        /// Where the file goes.
        public var target: Destination
        /// The index of the file's descriptor among those that came with the message, from 0.
        public var file: Int
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 120 000 for nil.
        public var deadlineMilliseconds: Int64?
        /// Whether the daemon sends progress notifications; nil is no.
        public var progress: Bool?

        /// Puts one together.
        public init(
            gateway: String,
            target: Destination,
            file: Int,
            deadlineMilliseconds: Int64? = nil,
            progress: Bool? = nil
        ) {
            self.gateway = gateway
            self.target = target
            self.file = file
            self.deadlineMilliseconds = deadlineMilliseconds
            self.progress = progress
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["gateway"] = .string(gateway)
            object["target"] = target.json
            object["file"] = ["fd": .number(JSONNumber(file))]
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            object["progress"] = progress.map { .bool($0) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            gateway = try reader.string("gateway")
            target = try reader.member("target")
            file = try reader.fileIndex("file")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
            progress = try reader.optionalBool("progress")
        }
    }
}

extension PutFile: APIMethod {
    package static let schema = MethodSchema.named(name)
}
