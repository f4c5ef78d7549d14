// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A whole answer of one of the servers; framing headers are added by the program that sends it.
package struct Response: Equatable, Sendable {
    /// The HTTP status.
    package var status: Int
    /// Header fields besides `Content-Length`.
    package var headers: [HeaderField]
    /// The body, empty where there is none.
    package var body: [UInt8]

    /// Makes an answer.
    package init(status: Int, headers: [HeaderField] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes an answer with a JSON body.
    package init(status: Int, json: JSONValue, headers: [HeaderField] = []) {
        self.init(
            status: status,
            headers: [HeaderField("Content-Type", "application/json")] + headers,
            body: Array(json.compact.utf8)
        )
    }

    /// The first value of a header field, whose name is compared without regard to case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body read as JSON, or nil.
    package var json: JSONValue? { JSONReader.read(body) }

    /// Takes a header field away wherever it stands.
    package mutating func removeHeader(_ name: String) {
        headers.removeAll { $0.name.lowercased() == name.lowercased() }
    }
}
