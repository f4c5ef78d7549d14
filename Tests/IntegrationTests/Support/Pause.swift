// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Waits as long as a server asked for: the one thing that a test may wait for without an event.
func pause(milliseconds: Int64) {
    var entry = pollfd(fd: -1, events: 0, revents: 0)
    poll(&entry, 0, Int32(clamping: milliseconds))
}
