// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform

/// Runs each upload in a slot of ``UploadQueue``.
actor UploadSlots {
    private let loop: EventLoop
    private let spawner: TaskSpawner
    private var queue: UploadQueue
    private var continuations: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    private var nextNumber: UInt64 = 1

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ queue: UploadQueue, loop: EventLoop, spawner: TaskSpawner) {
        self.queue = queue
        self.loop = loop
        self.spawner = spawner
    }

    /// Runs `body` in a slot of its own.
    ///
    /// A cancelled caller leaves the queue at once.
    nonisolated func run<Value: Sendable>(
        user: UInt32,
        _ body: @Sendable () async throws(AntivirusError) -> Value
    ) async throws(AntivirusError) -> Value {
        guard await take(user) else { throw AntivirusError(.cancelled, "cancelled") }
        let result: Result<Value, AntivirusError>
        do throws(AntivirusError) { result = .success(try await body()) } catch { result = .failure(error) }
        await give(user)
        return try result.get()
    }

    private func take(_ user: UInt32) async -> Bool {
        let number = nextNumber
        nextNumber += 1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: false)
                    return
                }
                guard queue.enter(number, user: user) else {
                    continuations[number] = continuation
                    return
                }
                continuation.resume(returning: true)
            }
        } onCancel: {
            spawner.spawn { await self.leave(number) }
        }
    }

    private func leave(_ number: UInt64) {
        // A slot that was given in the same moment stays given; its work sees the cancellation itself.
        guard queue.leave(number) else { return }
        continuations.removeValue(forKey: number)?.resume(returning: false)
    }

    private func give(_ user: UInt32) {
        guard let next = queue.exit(user: user) else { return }
        continuations.removeValue(forKey: next)?.resume(returning: true)
    }
}
