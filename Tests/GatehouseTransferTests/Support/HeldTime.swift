// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// A clock that stands still until it is moved.
final class HeldTime: TimeSource {
    private let instant = Locked(Instant(nanoseconds: 0))
    let unixTime = 0.0

    var now: Instant { instant.withLock { $0 } }

    func pass(_ time: Duration) { instant.withLock { $0 = $0 + time } }
}
