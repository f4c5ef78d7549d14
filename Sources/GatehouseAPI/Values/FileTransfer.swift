// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// What `getFile` or `putFile` transferred (`$defs/fileTransfer` of `schemas/common.json`).
public struct FileTransfer: Equatable, JSONRepresentable {
    /// How many bytes.
    public var bytes: Int64
    /// Their SHA-256 in hexadecimal.
    public var sha256: String
    /// How often the route was prepared, from 1.
    public var generation: Int64

    /// Puts one together.
    public init(bytes: Int64, sha256: String, generation: Int64) {
        self.bytes = bytes
        self.sha256 = sha256
        self.generation = generation
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "bytes": .number(JSONNumber(bytes)),
            "sha256": .string(sha256),
            "generation": .number(JSONNumber(generation)),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "file transfer")
        bytes = try reader.integer("bytes")
        sha256 = try reader.string("sha256")
        generation = try reader.integer("generation")
    }
}
