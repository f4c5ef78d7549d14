// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

extension ScanFile {
    /// The notification `chunk`: the next bytes of a file that is sent in chunks.
    public struct Chunk: Equatable, Sendable {
        /// The notification's method.
        public static let method = "chunk"

        /// The id of the `scanFile` request.
        public var id: JSONValue
        /// The next bytes; may be empty.
        public var data: [UInt8]
        /// Whether no more follow.
        public var isLast: Bool

        /// Puts one together.
        public init(id: JSONValue, data: [UInt8] = [], isLast: Bool = false) {
            self.id = id
            self.data = data
            self.isLast = isLast
        }

        /// As the schema has it.
        public var json: JSONValue {
            var object = JSONObject()
            object["id"] = id
            if !data.isEmpty || !isLast {
                object["data"] = .string(Base64.text(data))
            }
            if isLast { object["last"] = true }
            return .object(object)
        }

        /// Checks and reads params; throws an error of kind `invalidParams` for any that are not exactly right.
        package init(checking params: JSONValue) throws(APIError) {
            try ScanFile.schema.check(params, ofNotification: Self.method)
            guard let bytes = Base64.decode(params["data"]?.string ?? "") else {
                let violation = Violation(path: "/data", rule: "format", message: "must be base64 with padding")
                throw APIError(.invalidParams, "params/data: must be base64 with padding", violations: [violation])
            }
            self.init(id: params["id"] ?? .null, data: bytes, isLast: params["last"]?.bool == true)
        }
    }
}
