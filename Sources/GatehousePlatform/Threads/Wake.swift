// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Wakes one thread that waits for it (eventfd(2)).
package final class Wake: Sendable {
    private let descriptor: Descriptor

    /// Opens the eventfd.
    ///
    /// Throws when no descriptor is left.
    package init() throws(SystemError) {
        let number = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard number >= 0 else { throw SystemError.current("eventfd") }
        descriptor = Descriptor(owning: number)
    }

    /// Wakes the waiting thread, or the next one that waits.
    package func raise() {
        var one: UInt64 = 1
        _ = write(descriptor.number, &one, MemoryLayout<UInt64>.size)
    }

    /// Waits until ``raise()`` or for that long; -1 waits for ever.
    package func await(milliseconds: Int32) {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, milliseconds) < 0, errno == EINTR {}
        var count: UInt64 = 0
        _ = read(descriptor.number, &count, MemoryLayout<UInt64>.size)
    }
}
