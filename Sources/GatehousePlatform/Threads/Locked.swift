// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// A value that several threads share, reachable only while a lock is held.
///
/// It is a `pthread_mutex_t` and not `Synchronization.Mutex`, because the thread sanitizer on Linux does not see the
/// latter and reports races that do not exist; for the same reason its state is not `Void`, whose address would be that
/// of the object. Hold it for a few instructions only, never across a call that may block.
// Unchecked because the compiler cannot see the mutex: `state` is read and written between lock and unlock alone.
package final class Locked<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var state: State

    /// Puts a value under a new lock.
    package init(_ state: sending State) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        self.state = state
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deinitialize(count: 1)
        mutex.deallocate()
    }

    /// Runs `body` with the value while no other thread can reach it.
    package func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }
}
