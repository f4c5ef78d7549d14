// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseWire

/// One HTTP answer, as the rules of this module see it.
package struct UpstreamReply: Sendable {
    /// The HTTP status.
    package let status: Int
    /// Names in lower case and values, in their order.
    package let headers: [(name: String, value: String)]
    /// The whole body.
    package let body: [UInt8]
    /// The body as an object, where it is one.
    ///
    /// The gateway may strip `Content-Type`, so that is not asked for (protocol page, section 2.2).
    package let object: JSONObject?
    /// Whether it began before all of the file had been sent, so that it cannot be about the file.
    package let cameBeforeFile: Bool
    /// What must not be seen of it: the secrets that its server knows.
    package let redaction: Redaction

    /// Takes an answer apart.
    package init(
        status: Int,
        headers: [(name: String, value: String)],
        body: [UInt8],
        cameBeforeFile: Bool = false,
        redaction: Redaction = .none
    ) {
        self.cameBeforeFile = cameBeforeFile
        self.redaction = redaction
        self.status = status
        self.headers = headers
        self.body = body
        object = (try? JSONValue(parsing: body, depth: 32))?.object
    }

    /// The first value of a header; the name in lower case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// `X-Ctti-TraceId`, by which the operator of the API finds the call; capped, since it goes to callers.
    package var traceID: String? {
        header("x-ctti-traceid").map { redaction.text(String($0.unicodeScalars.prefix(2048))).onOneLine(maximum: 128) }
    }

    /// A text of the answer that callers may see.
    func quoted(_ text: String, _ maximumLength: Int) -> String {
        withoutTokens(text, maximumLength, redaction)
    }

    /// Whether the status is one that this API answers success with: 200, and 201 for scans (section 2.2).
    package var isSuccess: Bool { status == 200 || status == 201 }
}
