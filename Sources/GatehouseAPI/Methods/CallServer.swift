// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `callServer`: calls a method of a Security Center (`schemas/callServer.json`).
public enum CallServer {
    /// The method's name.
    public static let name = "callServer"

    /// What the call answered.
    public typealias Result = CallResult

    /// What to call, and on which server: the last one in ``via``, else the primary.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The Security Center's name in the configuration; the only one for nil.
        public var server: String?
        /// The numbers of the secondary servers on the way, the one below the primary first; none for nil.
        public var via: [Int64]?
        /// `Class.Method` or `Instance.Class.Method`.
        public var method: String
        /// The method's arguments by their names, in the form of KLPAR; none for nil.
        public var arguments: JSONObject?
        /// Whether the asynchronous action that the call begins is followed to its end; nil is no.
        public var awaitsAction: Bool?
        /// Whether the call may be sent again where it is not known that it took effect; nil is no.
        public var isIdempotent: Bool?
        /// How values are written in the result; typed for nil.
        public var format: ReplyFormat?
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 120 000 for nil.
        public var deadlineMilliseconds: Int64?
        /// Whether the daemon sends progress notifications; nil is no.
        public var progress: Bool?

        /// Puts one together.
        public init(
            server: String? = nil,
            via: [Int64]? = nil,
            method: String,
            arguments: JSONObject? = nil,
            awaitsAction: Bool? = nil,
            isIdempotent: Bool? = nil,
            format: ReplyFormat? = nil,
            deadlineMilliseconds: Int64? = nil,
            progress: Bool? = nil
        ) {
            self.server = server
            self.via = via
            self.method = method
            self.arguments = arguments
            self.awaitsAction = awaitsAction
            self.isIdempotent = isIdempotent
            self.format = format
            self.deadlineMilliseconds = deadlineMilliseconds
            self.progress = progress
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["server"] = server.map { .string($0) }
            object["via"] = via.map { .array($0.map { .number(JSONNumber($0)) }) }
            object["method"] = .string(method)
            object["arguments"] = arguments.map { .object($0) }
            object["await"] = awaitsAction.map { .bool($0) }
            object["idempotent"] = isIdempotent.map { .bool($0) }
            object["format"] = format.map { .string($0.rawValue) }
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            object["progress"] = progress.map { .bool($0) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            server = try reader.optionalString("server")
            via = try reader.optionalIntegers("via")
            method = try reader.string("method")
            arguments = try reader.optionalMembers("arguments")
            awaitsAction = try reader.optionalBool("await")
            isIdempotent = try reader.optionalBool("idempotent")
            format = try reader.optionalWord("format")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
            progress = try reader.optionalBool("progress")
        }
    }
}

extension CallServer: APIMethod {
    package static let schema = MethodSchema.named(name)
}
