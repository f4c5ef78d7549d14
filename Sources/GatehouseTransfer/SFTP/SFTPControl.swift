// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// How other threads reach a session that is at work: to say that its upload has bytes, or that nobody wants it.
final class SFTPControl: Sendable {
    private let parking = ParkedThread()
    private let cancelled = Locked(false)

    var isCancelled: Bool { cancelled.withLock { $0 } }

    func cancel() {
        cancelled.withLock { $0 = true }
        wake()
    }

    /// Lets the session be used once more.
    func restart() {
        cancelled.withLock { $0 = false }
    }

    func wake() {
        parking.wake()
    }

    /// Waits to be woken; returns now and then by itself.
    func wait() {
        _ = parking.wait(.seconds(1))
    }
}
