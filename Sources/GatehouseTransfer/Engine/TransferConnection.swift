// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// One connection that its owner alone uses: what the server knows of it, nobody else can use by mistake.
///
/// The first request makes it. When it ends, by whatever cause, every later request fails with
/// ``TransferError/Code/connectionGone`` and nothing of it is sent. Requests go one after the other. One that is
/// cancelled or runs out of time after it began takes the connection with it.
package final class TransferConnection: Sendable {
    private let id: UInt64
    private let mailbox: EngineMailbox

    init(_ mailbox: EngineMailbox) {
        self.mailbox = mailbox
        id = mailbox.nextId()
        mailbox.post(.open(id))
    }

    deinit {
        close()
    }

    /// Sends a request over this connection and waits for its whole reply.
    ///
    /// A cancelled task aborts it at once.
    package func perform(_ request: TransferRequest) async throws(TransferError) -> TransferResponse {
        try await mailbox.perform(request, over: id)
    }

    /// Ends the connection and cancels what goes on on it.
    package func close() {
        mailbox.post(.close(id))
    }
}
