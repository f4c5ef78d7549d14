// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// One ``TransferEngine/perform(_:)``, between the caller's task and the engine's thread.
final class TransferCall: Sendable {
    typealias Outcome = Result<TransferResponse, TransferError>

    let id: UInt64
    let request: TransferRequest
    /// The connection that it has to go over; nil for any.
    let connection: UInt64?
    let engine: EngineMailbox

    private struct State {
        var continuation: CheckedContinuation<Outcome, Never>?
        var isCancelled = false
    }

    private let state = Locked(State())

    init(id: UInt64, _ request: TransferRequest, over connection: UInt64? = nil, _ engine: EngineMailbox) {
        self.id = id
        self.request = request
        self.connection = connection
        self.engine = engine
    }

    /// Whether the caller's task was cancelled, be it before the engine heard of the call.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func cancel() {
        state.withLock { $0.isCancelled = true }
        engine.post(.cancel(id))
    }

    func await(_ continuation: CheckedContinuation<Outcome, Never>) {
        state.withLock { $0.continuation = continuation }
    }

    /// Answers the caller; the first answer counts.
    func finish(_ outcome: Outcome) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: outcome)
    }
}
