// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc
import Synchronization

/// One epoll thread that is also the executor of the actors that live on it.
///
/// Connections and everything that they reach without waiting run here, so their state needs no lock and a request
/// makes no thread hop. Three descriptors are the loop's own: epoll, an eventfd that other threads ring, and a timerfd
/// on CLOCK_BOOTTIME, so that a deadline also passes while the machine sleeps. What is registered here must not block.
// Unchecked because the compiler cannot see threads: `loop` state is touched on the loop's own thread alone (checked
// by `isCurrent` at every entry), `mailbox` carries its lock, and the rest are constants.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// Where this loop reads the time.
    package let time: any TimeSource
    let epoll: Descriptor
    private let bell: Descriptor
    private let alarm: Descriptor

    /// What other threads leave for the loop.
    private struct Mailbox {
        var jobs: [UnownedJob] = []
        var isRung = false
    }

    private let mailbox = Locked(Mailbox())
    /// The thread that runs the loop, 0 for none.
    ///
    /// Relaxed order is enough: a thread can only find itself here if it has put itself here.
    private let thread = Atomic<pthread_t>(0)

    // State of the loop's thread from here on.
    var sources: [Int32: Source] = [:]
    private var nextGeneration: UInt32 = 1
    private var jobs: [UnownedJob] = []
    private var timers = TimerQueue()
    private var armedFor: Instant?
    private var turnEnd: [any TurnEndHandler] = []
    private var afterTurn: [any TurnEndHandler] = []
    private var isStopping = false

    struct Source {
        let handler: any ReadinessHandler
        let generation: UInt32
    }

    /// Opens the loop's descriptors.
    ///
    /// Throws when the process has none left.
    package init(time: any TimeSource = SystemTime()) throws(SystemError) {
        self.time = time
        epoll = try Self.open("epoll_create1", epoll_create1(Int32(EPOLL_CLOEXEC)))
        bell = try Self.open("eventfd", eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)))
        alarm = try Self.open(
            "timerfd_create",
            timerfd_create(CLOCK_BOOTTIME, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
        )
        try control(EPOLL_CTL_ADD, bell.number, events: EPOLLIN.rawValue, generation: 0)
        try control(EPOLL_CTL_ADD, alarm.number, events: EPOLLIN.rawValue, generation: 0)
    }

    private static func open(_ call: String, _ result: Int32) throws(SystemError) -> Descriptor {
        guard result >= 0 else { throw SystemError.current(call) }
        return Descriptor(owning: result)
    }

    /// Whether the caller runs on the loop's thread.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == pthread_self() }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard !isCurrent else {
            jobs.append(job)
            return
        }
        let mustRing = mailbox.withLock { mailbox in
            mailbox.jobs.append(job)
            defer { mailbox.isRung = true }
            return !mailbox.isRung
        }
        if mustRing { ring() }
    }

    private func ring() {
        var one: UInt64 = 1
        // The counter cannot overflow: the loop empties it and it is rung once between two emptyings.
        _ = write(bell.number, &one, MemoryLayout<UInt64>.size)
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    package func checkIsolated() {
        precondition(isCurrent, "not on the event loop")
    }

    // MARK: Running

    /// Runs the loop on the calling thread until ``stop()``; calls `start` on the loop first.
    package func run(_ start: () -> Void = {}) {
        thread.store(pthread_self(), ordering: .relaxed)
        start()
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while !isStopping {
            // What the last turn's end left to do must not wait for an event.
            let mayWait = jobs.isEmpty && turnEnd.isEmpty && afterTurn.isEmpty
            let count = epoll_wait(epoll.number, &events, Int32(events.count), mayWait ? -1 : 0)
            for event in events.prefix(Int(max(count, 0))) { handle(event) }
            runJobs()
            endTurn()
        }
        thread.store(0, ordering: .relaxed)
    }

    /// Ends ``run()`` after the turn that it is in.
    ///
    /// Called on the loop.
    package func stop() {
        checkIsolated()
        isStopping = true
    }

    private func handle(_ event: epoll_event) {
        let number = Int32(truncatingIfNeeded: event.data.u64 & 0xFFFF_FFFF)
        let generation = UInt32(truncatingIfNeeded: event.data.u64 >> 32)
        switch number {
        case bell.number: takeMail()
        case alarm.number: takeAlarm()
        default:
            // A source that an earlier event of this turn removed, or whose number is in use again, is not meant.
            guard let source = sources[number], source.generation == generation else { return }
            source.handler.handle(Readiness(rawValue: event.events))
        }
    }

    private func takeMail() {
        var count: UInt64 = 0
        _ = read(bell.number, &count, MemoryLayout<UInt64>.size)
        let mail = mailbox.withLock { mailbox in
            mailbox.isRung = false
            defer { mailbox.jobs.removeAll(keepingCapacity: true) }
            return mailbox.jobs
        }
        jobs.append(contentsOf: mail)
    }

    /// Runs what is queued now; what that adds waits for the next turn, so that sockets are looked at in between.
    private func runJobs() {
        guard !jobs.isEmpty else { return }
        var current: [UnownedJob] = []
        swap(&current, &jobs)
        for job in current {
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        current.removeAll(keepingCapacity: true)
        if jobs.isEmpty { swap(&current, &jobs) }
    }

    // MARK: Sources

    /// Watches a descriptor.
    ///
    /// The handler is kept until ``remove(_:)``, which comes before the descriptor is closed.
    package func add(
        _ descriptor: Int32,
        _ interest: Readiness,
        _ handler: any ReadinessHandler
    ) throws(SystemError) {
        checkIsolated()
        nextGeneration &+= 1
        try control(EPOLL_CTL_ADD, descriptor, events: interest.rawValue, generation: nextGeneration)
        sources[descriptor] = Source(handler: handler, generation: nextGeneration)
    }

    /// Changes what a descriptor is watched for.
    package func change(_ descriptor: Int32, _ interest: Readiness) throws(SystemError) {
        checkIsolated()
        guard let source = sources[descriptor] else { return }
        try control(EPOLL_CTL_MOD, descriptor, events: interest.rawValue, generation: source.generation)
    }

    /// Stops watching a descriptor; events that are already here are dropped.
    package func remove(_ descriptor: Int32) {
        checkIsolated()
        guard sources.removeValue(forKey: descriptor) != nil else { return }
        epoll_ctl(epoll.number, EPOLL_CTL_DEL, descriptor, nil)
    }

    private func control(
        _ operation: Int32,
        _ descriptor: Int32,
        events: UInt32,
        generation: UInt32
    ) throws(SystemError) {
        var event = epoll_event()
        event.events = events
        event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        guard epoll_ctl(epoll.number, operation, descriptor, &event) == 0 else {
            throw SystemError.current("epoll_ctl")
        }
    }

    // MARK: Turn end

    /// Calls the handler once when this turn's events and jobs are done: the place to send what they produced.
    package func callAtTurnEnd(_ handler: any TurnEndHandler) {
        checkIsolated()
        turnEnd.append(handler)
    }

    /// Calls the handler once after every one of ``callAtTurnEnd(_:)`` was called: the place for what nobody waits for.
    package func callAfterTurn(_ handler: any TurnEndHandler) {
        checkIsolated()
        afterTurn.append(handler)
    }

    private func endTurn() {
        guard !turnEnd.isEmpty || !afterTurn.isEmpty else { return }
        var handlers: [any TurnEndHandler] = []
        swap(&handlers, &turnEnd)
        for handler in handlers { handler.turnEnded() }
        handlers.removeAll(keepingCapacity: true)
        if turnEnd.isEmpty { swap(&handlers, &turnEnd) }
        guard !afterTurn.isEmpty else { return }
        let last = afterTurn
        afterTurn.removeAll(keepingCapacity: true)
        for handler in last { handler.turnEnded() }
    }

    // MARK: Timers

    /// Calls `action` on the loop at or shortly after a point in time.
    @discardableResult
    package func schedule(at instant: Instant, _ action: @escaping @Sendable () -> Void) -> TimerID {
        checkIsolated()
        let id = timers.add(at: instant, action)
        arm()
        return id
    }

    /// Forgets a timer.
    ///
    /// One that is due in this very turn is forgotten too.
    package func cancel(_ timer: TimerID) {
        checkIsolated()
        timers.cancel(timer)
    }

    private func takeAlarm() {
        var count: UInt64 = 0
        _ = read(alarm.number, &count, MemoryLayout<UInt64>.size)
        armedFor = nil
        while let action = timers.takeDue(at: time.now) { action() }
        arm()
    }

    /// Sets the alarm where the next timer comes before what it is set to; an alarm too early only costs a look.
    private func arm() {
        guard let next = timers.next, armedFor.map({ next < $0 }) ?? true else { return }
        armedFor = next
        let nanoseconds = max(next.nanoseconds, 1)
        var value = itimerspec()
        value.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
        value.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        timerfd_settime(alarm.number, Int32(TFD_TIMER_ABSTIME), &value, nil)
    }
}
