// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

extension Server {
    /// Accepts nobody until ``startAccepting()``: whoever connects waits in the backlog, which the kernel keeps.
    ///
    /// Called on the loop.
    package func stopAccepting() {
        loop.checkIsolated()
        isAccepting = false
        for listener in listeners { listener.rest() }
    }

    /// Accepts everybody who waits in the backlog of a listening socket; false where nobody did.
    ///
    /// Called on the loop, after ``stopAccepting()``. Where a socket cannot be read, somebody may wait there.
    package func takeBacklog() -> Bool {
        loop.checkIsolated()
        // Every listener is looked at, whatever the first one says.
        return listeners.map { $0.acceptAll() }.contains(true)
    }

    /// Accepts callers again.
    ///
    /// Called on the loop.
    package func startAccepting() {
        loop.checkIsolated()
        guard !isDraining else { return }
        isAccepting = true
        for listener in listeners { listener.resume() }
    }
}
