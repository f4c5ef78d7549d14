// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import Glibc

/// Threads for system calls on callers' files, which may hang (a dead NFS or FUSE server).
///
/// A job that hangs costs a place of its own user only: each user has a bounded number of threads, and all have a
/// bounded total. The line of waiting jobs has no bound of its own: each descriptor that is held has at most a few jobs
/// in it, and whoever receives descriptors looks at ``descriptorsHeld(by:)`` first. Threads start when there is work and end
/// when idle, but for one, which always stays, so that work is never stuck because a thread could not be started.
package final class ReaderThreads: Sendable {
    /// Whose jobs the daemon's own are: no user's, so that nobody's files that hang can hold them up.
    package static let ownJobs = uid_t.max

    private let pool: ReaderPool
    private let held = Locked<[uid_t: Int]>([:])

    /// Starts the thread that stays; throws the error of pthread_create(3).
    ///
    /// `perUser` is the number of jobs of one user that run at once, `total` that of threads (fewer users than
    /// `total / perUser` that hang everything they can leave room for others), `idle` the time after which a thread
    /// without work ends.
    package init(perUser: Int = 8, total: Int = 64, idle: Duration = .seconds(30)) throws(SystemError) {
        pool = ReaderPool(perUser: perUser, total: total, idle: idle)
        try pool.start()
    }

    deinit {
        pool.stop()
    }

    /// How many threads there are now: one that stays, and those that work or ended their work a moment ago.
    package var threadCount: Int { pool.threadCount }

    /// Runs a job on a reader thread, after the jobs that the same user submitted before.
    package func submit(user: uid_t, _ job: @escaping @Sendable () -> Void) {
        pool.submit(job, user: user, isClose: false)
    }

    /// Closes a caller's descriptor on a reader thread, before the user's waiting reads.
    func submitClose(user: uid_t, _ descriptor: Int32) {
        let held = held
        let job: ReaderPool.Job = {
            // Never repeated: on Linux the number is free even where close(2) reports EINTR.
            _ = close(descriptor)
            held.withLock { held in
                let left = (held[user] ?? 0) - 1
                held[user] = left > 0 ? left : nil
            }
        }
        pool.submit(job, user: user, isClose: true)
    }

    /// How many descriptors of a user's are ``PassedFile``s or wait to be closed.
    ///
    /// Requests that were cut short leave theirs open for as long as a call on them hangs.
    package func descriptorsHeld(by user: uid_t) -> Int {
        held.withLock { $0[user] ?? 0 }
    }

    func holds(descriptorOf user: uid_t) {
        held.withLock { $0[user, default: 0] += 1 }
    }

    /// Runs a job on a reader thread and gives back what it returned.
    ///
    /// When the task is cancelled it throws at once; a job that waits is then skipped, and one that hangs ends by
    /// itself some day, its result dropped.
    package func run<Value: Sendable>(
        user: uid_t,
        _ job: @escaping @Sendable () -> Value
    ) async throws(CancellationError) -> Value {
        let result = ReaderResult<Value>()
        guard await runs(user: user, { result.value = job() }), let value = result.value else {
            throw CancellationError()
        }
        return value
    }

    /// Whether the job ran to its end before the task was cancelled.
    private func runs(user: uid_t, _ job: @escaping @Sendable () -> Void) async -> Bool {
        let call = ReaderCall()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard call.await(continuation) else { return }
                submit(user: user) {
                    guard call.isWanted else { return }
                    job()
                    call.finish(true)
                }
            }
        } onCancel: {
            call.finish(false)
        }
    }

    /// Returns once no job waits and none runs.
    package func settled() async {
        await withCheckedContinuation { pool.whenSettled($0) }
    }
}

/// What a job returned.
// Unchecked because it is written by the job alone, and read after the job's end alone; the lock of the call, by which that
// end is told, puts the two in order.
private final class ReaderResult<Value: Sendable>: @unchecked Sendable {
    var value: Value?
}

/// One ``ReaderThreads/run(user:_:)``: whichever of the job's end and the cancellation comes first answers it.
///
/// It knows nothing of the job's result: generic code would look up its types anew for each call.
private final class ReaderCall: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Bool, Never>?
        var isDone = false
    }

    private let state = Locked(State())

    var isWanted: Bool { state.withLock { !$0.isDone } }

    /// False when it was cancelled before it began; the continuation is answered then.
    func await(_ continuation: CheckedContinuation<Bool, Never>) -> Bool {
        let isWanted = state.withLock { state in
            guard !state.isDone else { return false }
            state.continuation = continuation
            return true
        }
        if !isWanted { continuation.resume(returning: false) }
        return isWanted
    }

    func finish(_ isFinished: Bool) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            state.isDone = true
            return state.continuation
        }
        continuation?.resume(returning: isFinished)
    }
}
