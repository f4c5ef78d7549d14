// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Waits as long as a server asked for: the one thing that a test may wait for without an event.
func pause(milliseconds: Int64) {
    var entry = pollfd(fd: -1, events: 0, revents: 0)
    poll(&entry, 0, Int32(clamping: milliseconds))
}

/// Waits for what another process does in its own time; fails the test after twenty seconds.
func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
    for _ in 0..<4000 {
        if try condition() { return }
        pause(milliseconds: 5)
    }
    throw TestFault("waited in vain: \(what)")
}
