// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// The pacing of one profile at work: carries out what ``PacedQueue`` decides, on the loop.
package actor PlanPacer {
    /// A token that cannot be renewed for longer fails, and its chain tries again when the plan allows.
    private static let longestTokenWait = Duration.seconds(70)

    private let loop: EventLoop
    private let spawner: TaskSpawner
    private var queue: PacedQueue
    private var continuations: [PacedQueue.Waiter: CheckedContinuation<Result<PlanPermit, AntivirusError>, Never>] = [:]
    private var pauses: [UInt64: (timer: TimerID, continuation: CheckedContinuation<Bool, Never>)] = [:]
    private var nextNumber: UInt64 = 1
    private var timer: (id: TimerID, at: Instant)?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Paces by what the configuration says of the plan; no more than `longestLine` scans wait.
    package init(
        perMinute: Int?,
        perHour: Int?,
        longestLine: Int,
        loop: EventLoop,
        spawner: TaskSpawner,
        seed: UInt64 = .random(in: .min ... .max)
    ) {
        self.loop = loop
        self.spawner = spawner
        queue = PacedQueue(PlanWindows(perMinute: perMinute, perHour: perHour, seed: seed), longestLine: longestLine)
    }

    private var moment: Moment { Moment(loop.time) }

    // MARK: Waiting

    /// The right to one scan, now or when the plan allows it.
    ///
    /// Throws `unavailable` at once where that cannot be before the deadline; a cancelled task stops waiting.
    package func acquire(
        _ place: FairPlace,
        before deadline: Instant,
        isReturning: Bool = false
    ) async throws(AntivirusError) -> PlanPermit {
        try await wait { queue, waiter, moment in
            queue.request(waiter, at: place, before: deadline, isReturning: isReturning, moment)
        }
    }

    /// The right to one scan now; nil where the plan allows none, or others wait for one.
    package func acquireNow() -> PlanPermit? {
        queue.requestNow(moment).map(PlanPermit.init)
    }

    /// The right to one renewal of a token; throws `rateLimited` where that takes longer than a minute.
    func acquireForToken() async throws(AntivirusError) -> PlanPermit {
        let deadline = loop.time.now + Self.longestTokenWait
        do {
            return try await wait { $0.requestToken($1, before: deadline, $2) }
        } catch {
            guard error.code == .unavailable else { throw error }
            throw AntivirusError(.rateLimited, "no token: the plan's calls are used up", retryAfter: error.retryAfter)
        }
    }

    private func wait(
        _ request: (inout PacedQueue, PacedQueue.Waiter, Moment) -> [PacedQueue.Action]
    ) async throws(AntivirusError) -> PlanPermit {
        let waiter = PacedQueue.Waiter(number: nextNumber)
        nextNumber += 1
        let result: Result<PlanPermit, AntivirusError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: .failure(.cancelled))
                    return
                }
                continuations[waiter] = continuation
                carryOut(request(&queue, waiter, moment))
            }
        } onCancel: {
            spawner.spawn { await self.abandon(waiter) }
        }
        return try result.get()
    }

    /// Waits until then; throws `cancelled` once the task is.
    package func pause(until instant: Instant) async throws(AntivirusError) {
        let number = nextNumber
        nextNumber += 1
        let isOver = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: false)
                    return
                }
                let timer = loop.schedule(at: instant) { [weak self] in
                    self?.assumeIsolated { $0.endPause(number, isOver: true) }
                }
                pauses[number] = (timer, continuation)
            }
        } onCancel: {
            spawner.spawn { await self.endPause(number, isOver: false) }
        }
        guard isOver else { throw AntivirusError.cancelled }
    }

    private func endPause(_ number: UInt64, isOver: Bool) {
        guard let pause = pauses.removeValue(forKey: number) else { return }
        if !isOver { loop.cancel(pause.timer) }
        pause.continuation.resume(returning: isOver)
    }

    private func abandon(_ waiter: PacedQueue.Waiter) {
        queue.leave(waiter)
        continuations.removeValue(forKey: waiter)?
            .resume(returning: .failure(.cancelled))
        schedule()
    }

    // MARK: Calls

    /// The call of a permit is made now; another one, past the line, where there is none any more.
    ///
    /// Throws `rateLimited`, and nothing may be sent, where the plan allows no call now.
    package func spend(_ permit: PlanPermit?) throws(AntivirusError) {
        let moment = moment
        let isSpent: Bool
        if let ticket = permit?.take() {
            isSpent = queue.spend(ticket, moment)
        } else {
            isSpent = queue.requestNow(pastLine: true, moment) != nil
        }
        schedule()
        guard isSpent else {
            throw AntivirusError(.rateLimited, "the plan's calls are used up", retryAfter: queue.delay(moment))
        }
    }

    /// Gives back what was not spent.
    package func release(_ permit: PlanPermit) {
        guard let ticket = permit.take() else { return }
        carryOut(queue.giveBack(ticket, moment))
    }

    /// The gateway answered a call that was sent at that time.
    func answered(_ reply: UpstreamReply, sentAt: Instant) {
        let moment = moment
        let report = PlanReport(reply)
        switch reply.status {
        case 429:
            let delay = RetryAfter.delay(reply, unixTime: moment.unixTime)
            carryOut(queue.refused(report, sentAt: sentAt, retryAfter: delay, moment))
        // The gateway looks at the client and its token first.
        case 401: return
        default: carryOut(queue.accepted(report, sentAt: sentAt, moment))
        }
    }

    /// A gateway's refusal with the time after which a scan may go out again.
    func timed(_ refusal: AntivirusError) -> AntivirusError {
        var error = refusal
        error.retryAfter = queue.delay(moment)
        return error
    }

    /// Where the plan stands.
    package func snapshot() -> PlanSnapshot { queue.snapshot(moment) }

    // MARK: Actions

    private func carryOut(_ actions: [PacedQueue.Action]) {
        for action in actions {
            switch action {
            case .admit(let waiter, let ticket):
                continuations.removeValue(forKey: waiter)?.resume(returning: .success(PlanPermit(ticket)))
            case .turnAway(let waiter, let delay):
                fail(
                    waiter,
                    "the plan's calls are used up, and the next one is free after the request's deadline",
                    delay
                )
            case .refuse(let waiter, let delay):
                fail(waiter, "too many scans wait for a call of the plan", delay)
            }
        }
        schedule()
    }

    private func fail(_ waiter: PacedQueue.Waiter, _ message: String, _ delay: Duration) {
        continuations.removeValue(forKey: waiter)?
            .resume(returning: .failure(AntivirusError(.unavailable, message, retryAfter: delay)))
    }

    private func schedule() {
        let wake = queue.nextWake(moment)
        // One that fires too early looks again.
        if let wake, let timer, timer.at <= wake { return }
        if let timer { loop.cancel(timer.id) }
        timer = wake.map { instant in
            let id = loop.schedule(at: instant) { [weak self] in
                self?.assumeIsolated { $0.timePassed() }
            }
            return (id, instant)
        }
    }

    private func timePassed() {
        timer = nil
        carryOut(queue.timePassed(moment))
    }
}
