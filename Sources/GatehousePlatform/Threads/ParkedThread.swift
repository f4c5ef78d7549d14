// Gatehouse. SPDX-License-Identifier: Apache-2.0

// The compiler takes timespec for a part of whichever C module it met first, so both are named.
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

    /// Waits to be woken for that time at most; false when nobody did.
    package func wait(_ time: Duration) -> Bool {
        // The wall clock, because POSIX gives this call no other; a jump ends an idle thread early or late, no more.
        var until = timespec()
        clock_gettime(CLOCK_REALTIME, &until)
        let nanoseconds = max(min(time.clampedNanoseconds, 86_400_000_000_000), 0) + Int64(until.tv_nsec)
        until.tv_sec += Int(nanoseconds / 1_000_000_000)
        until.tv_nsec = Int(nanoseconds % 1_000_000_000)
        while sem_timedwait(semaphore, &until) < 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }
}
