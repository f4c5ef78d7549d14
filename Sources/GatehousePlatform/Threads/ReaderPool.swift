// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// The threads behind ``ReaderThreads``.
///
/// It is an object of its own because its threads hold it: the last reference to ``ReaderThreads`` ends them.
final class ReaderPool: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var queue: ReaderQueue<Job>
        var threads = 0
        var idle: [ParkedThread] = []
        var isStopped = false
        var settled: [CheckedContinuation<Void, Never>] = []
    }

    private let total: Int
    private let idle: Duration
    private let state: Locked<State>

    init(perUser: Int, total: Int, idle: Duration) {
        self.total = max(total, 1)
        self.idle = idle
        state = Locked(State(queue: ReaderQueue(perUser: perUser)))
    }

    /// How many threads there are now.
    var threadCount: Int { state.withLock { $0.threads } }

    /// Starts the thread that stays.
    func start() throws(SystemError) {
        state.withLock { $0.threads += 1 }
        try startThread(stays: true)
    }

    /// Lets every thread end that has no job; what was submitted is still done.
    func stop() {
        let parked = state.withLock { state in
            state.isStopped = true
            defer { state.idle = [] }
            return state.idle
        }
        for thread in parked { thread.wake() }
    }

    func submit(_ job: @escaping Job, user: uid_t, isClose: Bool) {
        let (parked, mustStart) = state.withLock { state -> (ParkedThread?, Bool) in
            state.queue.add(job, user: user, isClose: isClose)
            if let parked = state.idle.popLast() { return (parked, false) }
            guard state.threads < total else { return (nil, false) }
            state.threads += 1
            return (nil, true)
        }
        parked?.wake()
        // When the system refuses a thread, the job waits for the next one that is free.
        if mustStart { try? startThread(stays: false) }
    }

    func whenSettled(_ continuation: CheckedContinuation<Void, Never>) {
        let isSettled = state.withLock { state in
            guard !state.queue.isEmpty else { return true }
            state.settled.append(continuation)
            return false
        }
        if isSettled { continuation.resume() }
    }

    private func startThread(stays: Bool) throws(SystemError) {
        do {
            try Thread.start("reader") { self.work(stays: stays) }
        } catch {
            state.withLock { $0.threads -= 1 }
            throw error
        }
    }

    private enum Step {
        case run(Job, uid_t)
        case park
        case end
    }

    private func work(stays: Bool) {
        let parking = ParkedThread()
        while true {
            switch next(parking) {
            case .run(let job, let user):
                job()
                ended(user)
            case .park:
                if stays { parking.wait() } else if !parking.wait(idle), leave(parking) { return }
            case .end:
                return
            }
        }
    }

    private func next(_ parking: ParkedThread) -> Step {
        state.withLock { state in
            if let (job, user) = state.queue.next() { return .run(job, user) }
            guard !state.isStopped else {
                state.threads -= 1
                return .end
            }
            state.idle.append(parking)
            return .park
        }
    }

    private func ended(_ user: uid_t) {
        let settled = state.withLock { state in
            state.queue.ended(user: user)
            guard state.queue.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.settled = [] }
            return state.settled
        }
        for continuation in settled { continuation.resume() }
    }

    /// Whether the thread, idle for long enough, may end: not when somebody has just chosen it for work.
    private func leave(_ parking: ParkedThread) -> Bool {
        state.withLock { state in
            guard let index = state.idle.firstIndex(where: { $0 === parking }) else { return false }
            state.idle.remove(at: index)
            state.threads -= 1
            return true
        }
    }
}
