// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Lets one task wait until another thread has something for it.
final class News: Sendable {
    private struct State {
        var isThere = false
        var isCancelled = false
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Locked(State())

    /// Says that there is something; once is enough until somebody has waited.
    func tell() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            state.isThere = state.waiter == nil
            return state.waiter
        }
        waiter?.resume(returning: true)
    }

    /// Waits for it; false where the task is cancelled.
    func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.isCancelled { return false }
                    guard !state.isThere else {
                        state.isThere = false
                        return true
                    }
                    state.waiter = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                state.isCancelled = true
                return state.waiter
            }
            waiter?.resume(returning: false)
        }
    }
}
