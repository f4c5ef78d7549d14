// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform

/// Bounds how many files are uploaded at once, by one user and by all; the others wait, each user in turn.
///
/// The bound per user is what keeps a user whose files hang (a dead FUSE or NFS server) from taking every slot.
actor UploadSlots {
    private let loop: EventLoop
    private let spawner: TaskSpawner
    private var queue: UploadQueue<CheckedContinuation<Bool, Never>>
    private var nextNumber: UInt64 = 1

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ count: Int, perUser: Int, loop: EventLoop, spawner: TaskSpawner) {
        queue = UploadQueue(perUser: perUser, total: count)
        self.loop = loop
        self.spawner = spawner
    }

    /// Runs `body` in a slot of the user's.
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
        guard !queue.take(user: user) else { return true }
        let number = nextNumber
        nextNumber += 1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: false)
                    return
                }
                queue.wait(continuation, number: number, user: user)
            }
        } onCancel: {
            spawner.spawn { await self.leave(number, user) }
        }
    }

    private func leave(_ number: UInt64, _ user: UInt32) {
        queue.leave(number: number, user: user)?.resume(returning: false)
    }

    private func give(_ user: UInt32) {
        queue.give(user: user)?.resume(returning: true)
    }
}
