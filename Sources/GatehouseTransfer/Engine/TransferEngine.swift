// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// HTTPS requests by libcurl, on one thread of its own, with kept connections.
///
/// libcurl is loaded with the first request. Where it cannot be, that one fails with
/// ``TransferError/Code/unavailable`` and the next one tries again.
package final class TransferEngine: Sendable {
    private let mailbox: EngineMailbox

    /// Starts the thread; throws ``TransferError/Code/unavailable`` when the system refuses.
    ///
    /// `isFailing` says that libcurl is taken to fail, for tests of that.
    package init(
        limits: TransferLimits = TransferLimits(),
        time: any TimeSource = SystemTime(),
        isFailing: @escaping @Sendable () -> Bool = { false }
    ) throws(TransferError) {
        let mailbox = EngineMailbox(time: time)
        self.mailbox = mailbox
        do {
            try Thread.start("transfer") { EngineLoop.run(mailbox, limits: limits, isFailing: isFailing) }
        } catch {
            throw TransferError(.unavailable, error.description)
        }
    }

    deinit {
        shutDown()
    }

    /// Sends a request and waits for its whole reply.
    ///
    /// A cancelled task aborts it at once, whatever it waits for, and gets ``TransferError/Code/cancelled``.
    package func perform(_ request: TransferRequest) async throws(TransferError) -> TransferResponse {
        try await mailbox.perform(request)
    }

    /// A connection of the caller's own, made by its first request.
    package func connection() -> TransferConnection {
        TransferConnection(mailbox)
    }

    /// Cancels every transfer and ends the thread; from here on requests are refused.
    ///
    /// It returns at once; each transfer's caller gets its error.
    package func shutDown() {
        mailbox.post(.shutDown)
    }
}

extension EngineMailbox {
    /// Sends a request over a connection or any, and waits for its whole reply.
    func perform(_ request: TransferRequest, over connection: UInt64? = nil) async throws(TransferError)
        -> TransferResponse
    {
        try RequestChecks.check(request)
        let call = TransferCall(id: nextId(), request, over: connection, self)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                call.await(continuation)
                if !post(.start(call)) {
                    call.finish(.failure(TransferError(.unavailable, "the transfer engine is shut down")))
                }
            }
        } onCancel: {
            call.cancel()
        }
        return try outcome.get()
    }
}
