// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Taking on no new work while connections stay open.
extension Server {
    /// Answers new requests with `stopping`, but for methods that are served while draining; there is no way back.
    ///
    /// Called on the loop.
    package func takeNoNewWork() {
        loop.checkIsolated()
        takesNoNewWork = true
    }

    /// Requests that wait for their answer, but for those that wait for this.
    private var otherRequestsInFlight: Int { max(counts.inFlight - idleWaitersBegun, 0) }

    /// Waits until no other request waits for its answer, or the task is cancelled; returns how many are left.
    ///
    /// Called on the loop, by the work of a request.
    package func waitUntilIdle() async -> Int {
        let number = nextIdleWaiter
        nextIdleWaiter += 1
        idleWaitersBegun += 1
        let isIdle = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: false)
                    return
                }
                idleWaiters[number] = continuation
                checkIdle()
            }
        } onCancel: {
            spawner.spawn { self.leaveIdle(number) }
        }
        // Another one that waited may have been answered already, which no longer counts here and still is in flight.
        defer { idleWaitersBegun -= 1 }
        return isIdle ? 0 : max(otherRequestsInFlight, 1)
    }

    private func leaveIdle(_ number: UInt64) {
        idleWaiters.removeValue(forKey: number)?.resume(returning: false)
    }

    func checkIdle() {
        guard otherRequestsInFlight == 0 else { return }
        let waiting = idleWaiters.values
        idleWaiters = [:]
        for continuation in waiting { continuation.resume(returning: true) }
    }
}
