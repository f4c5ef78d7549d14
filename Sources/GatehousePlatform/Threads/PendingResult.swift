// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What the work of another task comes to, for one who waits for it and may give up; the work goes on then.
package final class PendingResult<Value: Sendable>: Sendable {
    private enum State {
        case fresh
        case waiting(CheckedContinuation<Value?, Never>)
        case ended(Value)
        case abandoned
    }

    private let state = Locked(State.fresh)

    /// One that nobody waits for yet.
    package init() {}

    /// Tells who waits, or will.
    package func ended(with value: Value) {
        let continuation = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            switch state {
            case .waiting(let continuation):
                state = .abandoned
                return continuation
            case .fresh:
                state = .ended(value)
                return nil
            case .ended, .abandoned:
                return nil
            }
        }
        continuation?.resume(returning: value)
    }

    /// The result; nil as soon as the task that waits is cancelled.
    ///
    /// Called once.
    package func value() async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Value?? in
                    switch state {
                    case .fresh:
                        state = .waiting(continuation)
                        return nil
                    case .ended(let value):
                        return .some(value)
                    case .waiting, .abandoned:
                        return .some(nil)
                    }
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                defer { state = .abandoned }
                guard case .waiting(let continuation) = state else { return nil }
                return continuation
            }
            continuation?.resume(returning: nil)
        }
    }
}
