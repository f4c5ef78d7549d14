// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOHTTP1

extension HTTPResponseHead {
    /// The head of an answer, with the framing that its whole body needs.
    init(_ response: Response, closes: Bool) {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        if response.mayHaveBody { headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count)) }
        if closes { headers.replaceOrAdd(name: "Connection", value: "close") }
        self.init(version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    }
}

extension Response {
    /// Whether HTTP allows a body with this status.
    var mayHaveBody: Bool { status != 204 && status != 304 }
}
