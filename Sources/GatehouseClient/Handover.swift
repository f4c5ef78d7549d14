// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Waits for a value that one of our threads hands over by calling the closure exactly once.
///
/// The continuation alone orders both sides. The lock shows that order to the thread sanitizer, which does not see it
/// where the value is there before the task waits.
func handover<Value: Sendable>(
    _ start: (@escaping @Sendable (Value) -> Void) -> Void
) async -> Value {
    let order = Locked(false)
    let value = await withCheckedContinuation { continuation in
        start { value in
            order.withLock { $0 = true }
            continuation.resume(returning: value)
        }
    }
    order.withLock { _ in }
    return value
}
