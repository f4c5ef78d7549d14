// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseTransfer

/// The way to one Security Center, over connections that come and go.
package protocol ServerTransport: Sendable {
    /// Sends a request, of which bytes leave at most once, and waits for the whole reply.
    func send(_ request: TransferRequest) async throws(TransferError) -> ServerReply

    /// A connection of its own: the first request makes it, the others go over it or fail with `connectionGone`.
    func connect() throws(TransferError) -> any ServerConnection
}

/// One connection to a Security Center, which nobody else uses.
package protocol ServerConnection: AnyObject, Sendable {
    /// Sends a request over this connection and no other.
    func send(_ request: TransferRequest) async throws(TransferError) -> ServerReply

    /// Ends it; what goes on on it is cancelled.
    func close()
}

/// One HTTP answer.
package struct ServerReply: Sendable, Equatable {
    /// The HTTP status.
    package var status: Int
    /// The body.
    package var body: [UInt8]
    /// Whether the body said where it ends.
    package var isWhole: Bool
    /// `WWW-Authenticate`, where there is one.
    package var challenge: String?
    /// `Content-Range`, where there is one.
    package var contentRange: String?

    /// Describes an answer.
    package init(
        status: Int,
        body: [UInt8] = [],
        isWhole: Bool = true,
        challenge: String? = nil,
        contentRange: String? = nil
    ) {
        self.status = status
        self.body = body
        self.isWhole = isWhole
        self.challenge = challenge
        self.contentRange = contentRange
    }
}
