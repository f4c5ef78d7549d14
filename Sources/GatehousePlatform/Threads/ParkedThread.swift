// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Where one thread waits until another wakes it.
// Unchecked because the compiler cannot see the semaphore, whose calls are safe from any thread (sem_overview(7)); the
// pointer never changes.
package final class ParkedThread: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    /// Nobody waits there yet.
    package init() {
        semaphore = .allocate(capacity: 1)
        semaphore.initialize(to: sem_t())
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deinitialize(count: 1)
        semaphore.deallocate()
    }

    /// Lets the next or the present wait return.
    package func wake() {
        sem_post(semaphore)
    }

    /// Waits to be woken.
    package func wait() {
        while sem_wait(semaphore) < 0 && errno == EINTR {}
    }

    /// Waits to be woken for that time at most, of at most a day; false when nobody did.
    ///
    /// Not by the wall clock, which may be set back: what a waiting thread still has to do would wait for as long.
    package func wait(_ time: Duration) -> Bool {
        gatehouse_wait(semaphore, max(min(time.clampedNanoseconds, 86_400_000_000_000), 0)) == 0
    }
}
