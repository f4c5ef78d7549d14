// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `getFile`: fetches a file through a gateway (`schemas/getFile.json`).
public enum GetFile {
    /// The method's name.
    public static let name = "getFile"

    /// What was transferred.
    public typealias Result = FileTransfer

    /// What to fetch.
    public enum Source: Equatable, JSONRepresentable {
        /// A path under `/FTDR/`, which a call through the same gateway answered.
        case path(String)
        /// An item of a network list.
        case listItem(ListItem)

        /// As the schema has it.
        public var json: JSONValue {
            switch self {
            case .path(let path): ["path": .string(path)]
            case .listItem(let item): ["listItem": item.json]
            }
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "source")
            if let path = try reader.optionalString("path") {
                self = .path(path)
            } else {
                self = .listItem(try reader.member("listItem"))
            }
        }
    }

    /// An item of a network list.
    public struct ListItem: Equatable, JSONRepresentable {
        /// The list's name, for example `Quarantine`.
        public var list: String
        /// The item's id.
        public var item: String
        /// The id of the product that has the list.
        public var product: String?
        /// That product's version.
        public var version: String?
        /// Whether the item comes packed; nil is no.
        public var packed: Bool?

        /// Puts one together.
        public init(list: String, item: String, product: String? = nil, version: String? = nil, packed: Bool? = nil) {
            self.list = list
            self.item = item
            self.product = product
            self.version = version
            self.packed = packed
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["list"] = .string(list)
            object["item"] = .string(item)
            object["product"] = product.map { .string($0) }
            object["version"] = version.map { .string($0) }
            object["packed"] = packed.map { .bool($0) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "list item")
            list = try reader.string("list")
            item = try reader.string("item")
            product = try reader.optionalString("product")
            version = try reader.optionalString("version")
            packed = try reader.optionalBool("packed")
        }
    }

    /// What to fetch, and into which file.
    public struct Parameters: Equatable, JSONRepresentable {
        /// The gateway's handle.
        public var gateway: String
        /// What to fetch.
        public var source: Source
        /// The index of the file's descriptor among those that came with the message, from 0.
        public var file: Int
        /// How long the caller waits, from the last byte of the request: 1 to 3 600 000; 120 000 for nil.
        public var deadlineMilliseconds: Int64?
        /// Whether the daemon sends progress notifications; nil is no.
        public var progress: Bool?

        /// Puts one together.
        public init(
            gateway: String,
            source: Source,
            file: Int,
            deadlineMilliseconds: Int64? = nil,
            progress: Bool? = nil
        ) {
            self.gateway = gateway
            self.source = source
            self.file = file
            self.deadlineMilliseconds = deadlineMilliseconds
            self.progress = progress
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["gateway"] = .string(gateway)
            object["source"] = source.json
            object["file"] = ["fd": .number(JSONNumber(file))]
            object["deadlineMs"] = deadlineMilliseconds.map { .number(JSONNumber($0)) }
            object["progress"] = progress.map { .bool($0) }
            return .object(object)
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "params")
            gateway = try reader.string("gateway")
            source = try reader.member("source")
            file = try reader.fileIndex("file")
            deadlineMilliseconds = try reader.optionalInteger("deadlineMs")
            progress = try reader.optionalBool("progress")
        }
    }
}

extension GetFile: APIMethod {
    package static let schema = MethodSchema.named(name)
}
