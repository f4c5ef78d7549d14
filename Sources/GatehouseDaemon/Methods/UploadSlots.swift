// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform

/// Bounds how many files are uploaded at once; the others wait in the order in which they came.
actor UploadSlots {
    private let loop: EventLoop
    private let spawner: TaskSpawner
    private var free: Int
    private var waiting: [(number: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    private var nextNumber: UInt64 = 1

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ count: Int, loop: EventLoop, spawner: TaskSpawner) {
        free = count
        self.loop = loop
        self.spawner = spawner
    }

    /// Runs `body` in a slot of its own.
    ///
    /// A cancelled caller leaves the queue at once.
    nonisolated func run<Value: Sendable>(
        _ body: @Sendable () async throws(AntivirusError) -> Value
    ) async throws(AntivirusError) -> Value {
        guard await take() else { throw AntivirusError(.cancelled, "cancelled") }
        let result: Result<Value, AntivirusError>
        do throws(AntivirusError) { result = .success(try await body()) } catch { result = .failure(error) }
        await give()
        return try result.get()
    }

    private func take() async -> Bool {
        guard free == 0 else {
            free -= 1
            return true
        }
        let number = nextNumber
        nextNumber += 1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: false)
                    return
                }
                waiting.append((number, continuation))
            }
        } onCancel: {
            spawner.spawn { await self.leave(number) }
        }
    }

    private func leave(_ number: UInt64) {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting.remove(at: index).continuation.resume(returning: false)
    }

    private func give() {
        guard !waiting.isEmpty else {
            free += 1
            return
        }
        // The slot goes from hand to hand, so that nobody can come in between.
        waiting.removeFirst().continuation.resume(returning: true)
    }
}
