// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Synchronization

/// The token chain of one profile at work: carries out what the machine decides, on the loop.
package actor TokenSource {
    private let loop: EventLoop
    private let spawner: TaskSpawner
    private let renew: @Sendable (TokenChain.Request) async -> Result<IssuedToken, RenewalFailure>
    private var chain: TokenChain {
        didSet {
            changes.wrappingAdd(1, ordering: .relaxed)
            for observer in observers.withLock({ $0 }).values { observer() }
        }
    }
    private nonisolated let observers = Locked<[String: @Sendable () -> Void]>([:])
    private nonisolated let changes = Atomic<UInt64>(0)
    /// Counts the changes of the chain: while it stays, only time changes what ``snapshot()`` tells.
    package nonisolated var revision: UInt64 { changes.load(ordering: .relaxed) }
    private var continuations: [TokenChain.Waiter: CheckedContinuation<Result<TokenGrant, AntivirusError>, Never>] = [:]
    private var refreshers: [TokenChain.Waiter: CheckedContinuation<Bool, Never>] = [:]
    private var nextWaiter: UInt64 = 1
    private var timer: (id: TimerID, at: Instant)?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Starts without tokens; `renew` sends the requests.
    package init(
        loop: EventLoop,
        spawner: TaskSpawner,
        seed: UInt64 = .random(in: .min ... .max),
        renew: @escaping @Sendable (TokenChain.Request) async -> Result<IssuedToken, RenewalFailure>
    ) {
        self.loop = loop
        self.spawner = spawner
        self.renew = renew
        chain = TokenChain(seed: seed)
    }

    /// Calls the observer after each change of the tokens from now on, on the loop; one for each role.
    package nonisolated func observe(as role: String = "", _ observer: @escaping @Sendable () -> Void) {
        observers.withLock { $0[role] = observer }
    }

    /// Both tokens, now or once they are renewed.
    ///
    /// A cancelled task stops waiting; the renewal goes on for whoever comes next.
    package func acquire() async throws(AntivirusError) -> TokenGrant {
        let waiter = TokenChain.Waiter(number: nextWaiter)
        nextWaiter += 1
        let result: Result<TokenGrant, AntivirusError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: .failure(.cancelled))
                    return
                }
                continuations[waiter] = continuation
                carryOut(chain.acquire(waiter, now: loop.time.now))
            }
        } onCancel: {
            spawner.spawn { await self.abandon(waiter) }
        }
        return try result.get()
    }

    private func abandon(_ waiter: TokenChain.Waiter) {
        chain.abandon(waiter)
        refreshers.removeValue(forKey: waiter)?.resume(returning: false)
        continuations.removeValue(forKey: waiter)?
            .resume(returning: .failure(.cancelled))
    }

    /// Obtains both tokens anew and returns when that has ended, well or not; ``snapshot()`` says how.
    ///
    /// False where the task was cancelled first; the attempt goes on.
    package func refresh() async -> Bool {
        let waiter = TokenChain.Waiter(number: nextWaiter)
        nextWaiter += 1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: false)
                    return
                }
                refreshers[waiter] = continuation
                carryOut(chain.refresh(waiter, now: loop.time.now))
            }
        } onCancel: {
            spawner.spawn { await self.abandon(waiter) }
        }
    }

    /// Forgets both tokens; what runs with them goes on.
    package func forget() {
        carryOut(chain.forget(now: loop.time.now))
    }

    /// An upstream accepted the tokens of a grant.
    package func accepted(_ grant: TokenGrant) {
        chain.accepted(grant)
    }

    /// An upstream did not accept tokens of a grant.
    package func rejected(_ tokens: [TokenName], of grant: TokenGrant, because error: AntivirusError) {
        for token in tokens { carryOut(chain.rejected(token, of: grant, because: error, now: loop.time.now)) }
    }

    /// An upstream did not accept the credentials that went with a grant; returns what to tell of it.
    package func refused(_ grant: TokenGrant, because error: AntivirusError) -> AntivirusError {
        carryOut(chain.refused(grant, because: error, now: loop.time.now))
        var error = error
        error.retryAfter = TokenChain.refusedTime
        return error
    }

    /// Whether a token is being fetched.
    package var isRenewing: Bool { chain.inFlight != nil }

    /// Where the tokens stand.
    package func snapshot() -> [TokenSnapshot] {
        chain.snapshot(now: loop.time.now)
    }

    /// What another process needs to go on with these tokens.
    package func saved() -> SavedTokens { chain.saved }

    /// Goes on with another process's tokens, where there are none yet.
    package func restore(_ saved: SavedTokens) {
        chain.restore(saved)
        schedule()
    }

    private func completed(_ step: TokenChain.Step, _ result: Result<IssuedToken, RenewalFailure>) {
        carryOut(chain.completed(step, result, now: loop.time.now))
    }

    private func timePassed() {
        timer = nil
        carryOut(chain.timePassed(now: loop.time.now))
    }

    private func carryOut(_ actions: [TokenChain.Action]) {
        for action in actions {
            switch action {
            case .deliver(let waiter, let grant):
                continuations.removeValue(forKey: waiter)?.resume(returning: .success(grant))
            case .fail(let waiter, let error):
                continuations.removeValue(forKey: waiter)?.resume(returning: .failure(error))
            case .refreshed(let waiter): refreshers.removeValue(forKey: waiter)?.resume(returning: true)
            case .send(let request):
                spawner.spawn { await self.completed(request.step, await self.renew(request)) }
            }
        }
        schedule()
    }

    private func schedule() {
        let wake = chain.nextWake(now: loop.time.now)
        guard wake != timer?.at else { return }
        if let timer { loop.cancel(timer.id) }
        timer = wake.map { instant in
            let id = loop.schedule(at: instant) { [weak self] in
                self?.assumeIsolated { $0.timePassed() }
            }
            return (id, instant)
        }
    }
}
