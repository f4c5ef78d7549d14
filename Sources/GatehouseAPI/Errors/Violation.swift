// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// One way in which a value breaks its schema.
public struct Violation: Equatable, Sendable {
    /// Where: a JSON Pointer (RFC 6901) from the top of the value.
    ///
    /// For a member that is missing or unknown it names that member.
    public let path: String
    /// The keyword of the schema that is broken.
    public let rule: String
    /// What to write instead, for a person; never more than a few words of the value.
    public let message: String

    /// Describes one.
    public init(path: String, rule: String, message: String) {
        self.path = path
        self.rule = rule
        self.message = message
    }

    /// As `$defs/violation` of `schemas/common.json`.
    public var json: JSONValue {
        ["path": .string(path), "rule": .string(rule), "message": .string(message)]
    }

    /// Reads one of a daemon's answer; what is missing is an empty text.
    init(json: JSONValue) {
        path = json["path"]?.string ?? ""
        rule = json["rule"]?.string ?? ""
        message = json["message"]?.string ?? ""
    }
}
