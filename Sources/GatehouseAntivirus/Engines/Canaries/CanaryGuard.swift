// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Synchronization

/// Gives an engine its canaries when ``CanaryRecord`` says so, on the loop, and lets scans wait for the outcome.
actor CanaryGuard {
    private nonisolated let loop: EventLoop
    private nonisolated let spawner: TaskSpawner
    private let check: @Sendable () async -> Result<[Canary], AntivirusError>
    private var record: CanaryRecord
    private var waiting: [UInt64: CheckedContinuation<Result<Void, AntivirusError>, Never>] = [:]
    private var nextWaiter: UInt64 = 1

    /// What other threads may read: the standing, how often it changed, and until when scans need not ask.
    private struct Published {
        var standing = EngineStanding()
        var revision: UInt64 = 0
        var admittedUntil: Instant?
        var observers: [String: @Sendable () -> Void] = [:]
    }

    private nonisolated let published = Locked(Published())

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Knows nothing of the engine yet; `check` gives it all canaries and tells which it called clean.
    init(
        accepted: [Canary],
        loop: EventLoop,
        spawner: TaskSpawner,
        check: @escaping @Sendable () async -> Result<[Canary], AntivirusError>
    ) {
        record = CanaryRecord(accepted: accepted)
        self.loop = loop
        self.spawner = spawner
        self.check = check
    }

    nonisolated var standing: EngineStanding { published.withLock { $0.standing } }

    nonisolated var revision: UInt64 { published.withLock { $0.revision } }

    /// Calls the observer after each change of ``standing`` from now on; one for each role.
    nonisolated func observe(as role: String = "", _ observer: @escaping @Sendable () -> Void) {
        published.withLock { $0.observers[role] = observer }
    }

    /// Returns when a scan may begin; throws where it may not.
    nonisolated func admit() async throws(AntivirusError) {
        let now = loop.time.now
        if let until = published.withLock({ $0.admittedUntil }), now < until { return }
        try await enter().get()
    }

    private func enter() async -> Result<Void, AntivirusError> {
        let number = nextWaiter
        nextWaiter += 1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: .failure(.cancelled))
                    return
                }
                switch record.admit(now: loop.time.now) {
                case .admitted: continuation.resume(returning: .success(()))
                case .refused(let error): continuation.resume(returning: .failure(error))
                case .waits(let startsCheck):
                    waiting[number] = continuation
                    // A task of its own: the check goes on for the others when this caller leaves.
                    if startsCheck { spawner.spawn { await self.checked(await self.check()) } }
                }
            }
        } onCancel: {
            spawner.spawn { await self.leave(number) }
        }
    }

    private func leave(_ number: UInt64) {
        waiting.removeValue(forKey: number)?.resume(returning: .failure(.cancelled))
    }

    private func checked(_ result: Result<[Canary], AntivirusError>) {
        let answer = record.checked(result, now: loop.time.now)
        publish()
        let waiting = waiting
        self.waiting = [:]
        for continuation in waiting.values { continuation.resume(returning: answer) }
    }

    /// A scan found the engine gone.
    func lost() {
        record.lost()
        publish()
    }

    private func publish() {
        let (standing, admittedUntil) = (record.standing, record.admittedUntil)
        let observers = published.withLock { published -> [@Sendable () -> Void] in
            guard published.standing != standing else { return [] }
            published.standing = standing
            published.admittedUntil = admittedUntil
            published.revision += 1
            return Array(published.observers.values)
        }
        for observer in observers { observer() }
    }
}
