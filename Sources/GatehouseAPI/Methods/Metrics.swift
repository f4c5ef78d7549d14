// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// `metrics`: answers the daemon's counters (`schemas/metrics.json`).
public enum Metrics {
    /// The method's name.
    public static let name = "metrics"

    /// Nothing.
    public struct Parameters: Equatable, JSONRepresentable {

        /// Puts one together.
        public init() {}

        /// As the schema has it.
        public var json: JSONValue {
            [:]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            _ = try MemberReader(json, "params")
        }
    }

    /// The metrics.
    public struct Result: Equatable, JSONRepresentable {
        /// The text's media type.
        public var contentType: String
        /// The metrics, one a line.
        public var text: String

        /// Puts one together.
        public init(contentType: String, text: String) {
            self.contentType = contentType
            self.text = text
        }

        /// As the schema has it.
        public var json: JSONValue {
            [
                "contentType": .string(contentType),
                "text": .string(text),
            ]
        }

        /// Reads one.
        public init(json: JSONValue) throws(APIError) {
            let reader = try MemberReader(json, "result of metrics")
            contentType = try reader.string("contentType")
            text = try reader.string("text")
        }
    }
}

extension Metrics: APIMethod {
    package static let schema = MethodSchema.named(name)
}
