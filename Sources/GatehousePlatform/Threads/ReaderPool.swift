// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// The threads behind ``ReaderThreads``.
///
/// It is an object of its own because its threads hold it: the last reference to ``ReaderThreads`` ends them.
///
/// To wake a thread costs more than most jobs do. So one thread is woken for all jobs that come until it runs, and each that
/// takes a job while others wait wakes the next one: none of them waits for a job that hangs. Closes wait for a thread that
/// has nothing else to do, as long as one is sure to look for them in a moment.
final class ReaderPool: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var queue: ReaderQueue<Job>
        /// Closes that are in no hurry.
        var closes: [(job: Job, user: uid_t)] = []
        var threads = 0
        /// How many threads were woken or started and have not looked for a job since.
        var waking = 0
        /// Threads that ended their job a moment ago and look again by themselves.
        var lingering: [ParkedThread] = []
        var idle: [ParkedThread] = []
        var isStopped = false
        var settled: [CheckedContinuation<Void, Never>] = []

        var isEmpty: Bool { queue.isEmpty && closes.isEmpty }
        /// Whether there is something that a thread could do now.
        var hasWork: Bool { !closes.isEmpty || queue.hasNext(closes: false) || queue.hasNext(closes: true) }
    }

    /// How long a thread without work looks out for closes.
    private static let moment = Duration.milliseconds(2)
    /// So many closes are in a hurry.
    private static let mostCloses = 32

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
        state.withLock { state in
            state.threads += 1
            state.waking += 1
        }
        try startThread(stays: true)
    }

    /// Lets every thread end that has no job; what was submitted is still done.
    func stop() {
        let parked = state.withLock { state in
            state.isStopped = true
            defer { (state.idle, state.lingering) = ([], []) }
            let parked = state.idle + state.lingering
            state.waking += parked.count
            return parked
        }
        for thread in parked { thread.wake() }
    }

    func submit(_ job: @escaping Job, user: uid_t, isClose: Bool) {
        let more = state.withLock { state -> More in
            let isSeenTo = state.waking > 0 || !state.lingering.isEmpty
            guard !isClose || !isSeenTo || state.closes.count >= Self.mostCloses else {
                state.closes.append((job, user))
                return .none
            }
            state.queue.add(job, user: user, isClose: isClose)
            return state.waking > 0 ? .none : another(&state)
        }
        wake(more)
    }

    func whenSettled(_ continuation: CheckedContinuation<Void, Never>) {
        let isSettled = state.withLock { state in
            guard !state.isEmpty else { return true }
            state.settled.append(continuation)
            return false
        }
        if isSettled { continuation.resume() }
    }

    // MARK: Waking

    /// Who else is to look for a job.
    private enum More {
        case none
        case parked(ParkedThread)
        case new
    }

    private func another(_ state: inout State) -> More {
        if let parked = state.lingering.popLast() ?? state.idle.popLast() {
            state.waking += 1
            return .parked(parked)
        }
        guard state.threads < total else { return .none }
        state.threads += 1
        state.waking += 1
        return .new
    }

    private func wake(_ more: More) {
        switch more {
        case .none: break
        case .parked(let thread): thread.wake()
        // When the system refuses a thread, the job waits for the next one that is free.
        case .new: try? startThread(stays: false)
        }
    }

    private func startThread(stays: Bool) throws(SystemError) {
        do {
            try Thread.start("reader") { self.work(stays: stays) }
        } catch {
            let parked = state.withLock { state -> ParkedThread? in
                state.threads -= 1
                state.waking -= 1
                // Whoever came meanwhile relied on it, and one that has parked since looks no more by itself.
                guard state.waking == 0, state.hasWork else { return nil }
                let parked = state.lingering.popLast() ?? state.idle.popLast()
                if parked != nil { state.waking += 1 }
                return parked
            }
            parked?.wake()
            throw error
        }
    }

    // MARK: The threads

    private enum Step {
        case run(Job, uid_t, More)
        case park
        case end
    }

    private func work(stays: Bool) {
        let parking = ParkedThread()
        var (wasWoken, lingers) = (true, false)
        while true {
            switch next(parking, wasWoken: wasWoken, lingers: lingers) {
            case .run(let job, let user, let more):
                wake(more)
                job()
                ended(user)
                (wasWoken, lingers) = (false, true)
            case .park where lingers:
                wasWoken = parking.wait(Self.moment) || !leave(parking, from: \.lingering)
                lingers = false
            case .park:
                wasWoken = true
                if stays {
                    parking.wait()
                } else if !parking.wait(idle), leave(parking, from: \.idle, ending: true) {
                    return
                }
            case .end:
                return
            }
        }
    }

    private func next(_ parking: ParkedThread, wasWoken: Bool, lingers: Bool) -> Step {
        state.withLock { state in
            if wasWoken { state.waking -= 1 }
            if let (job, user) = Self.take(&state) {
                return .run(job, user, needsAnother(state) ? another(&state) : .none)
            }
            guard !state.isStopped else {
                state.threads -= 1
                return .end
            }
            if lingers { state.lingering.append(parking) } else { state.idle.append(parking) }
            return .park
        }
    }

    private static func take(_ state: inout State) -> (job: Job, user: uid_t)? {
        if let next = state.queue.next() { return next }
        guard !state.closes.isEmpty else { return nil }
        for close in state.closes { state.queue.add(close.job, user: close.user, isClose: true) }
        state.closes.removeAll(keepingCapacity: true)
        return state.queue.next()
    }

    /// Whether what waits would have to wait for the job that was just taken.
    private func needsAnother(_ state: State) -> Bool {
        guard state.waking == 0 else { return false }
        if state.queue.hasNext(closes: false) { return true }
        return state.lingering.isEmpty && (!state.closes.isEmpty || state.queue.hasNext(closes: true))
    }

    private func ended(_ user: uid_t) {
        let settled = state.withLock { state in
            state.queue.ended(user: user)
            guard state.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.settled = [] }
            return state.settled
        }
        for continuation in settled { continuation.resume() }
    }

    /// Takes a thread that was not woken out of those that wait, for good where it is `ending`; false where somebody has
    /// just chosen it, and its wake is taken then.
    private func leave(
        _ parking: ParkedThread,
        from waiting: WritableKeyPath<State, [ParkedThread]>,
        ending: Bool = false
    ) -> Bool {
        let isLeft = state.withLock { state in
            guard let index = state[keyPath: waiting].firstIndex(where: { $0 === parking }) else { return false }
            state[keyPath: waiting].remove(at: index)
            if ending { state.threads -= 1 }
            return true
        }
        if !isLeft { parking.wait() }
        return isLeft
    }
}
