// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOHTTP1

extension HTTPResponseHead {
    /// The head of an answer, with the framing that its whole body needs.
    init(_ delivery: Delivery, connection: String?) {
        let filler = delivery.filler > 0 ? delivery.filler + Delivery.fillerEnd.count : 0
        self.init(delivery.response, connection: connection, moreBytes: filler)
    }

    /// The head of an answer, with the framing that its body and so many more bytes need.
    init(_ response: Response, connection: String?, moreBytes: Int = 0) {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        if response.mayHaveBody {
            headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count + moreBytes))
        }
        if let connection { headers.replaceOrAdd(name: "Connection", value: connection) }
        self.init(version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    }
}

extension Response {
    /// Whether HTTP allows a body with this status.
    var mayHaveBody: Bool { status != 204 && status != 304 }
}
