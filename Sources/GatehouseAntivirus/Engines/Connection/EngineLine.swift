// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Lets no more scans at once to an engine than it says it takes; the others wait in a fair line.
actor EngineLine {
    private nonisolated let loop: EventLoop
    private nonisolated let spawner: TaskSpawner
    private var line = FairQueue<CheckedContinuation<Bool, Never>>()
    private var running = 0
    /// What the engine said last; nil for no bound.
    private var limit: Int?
    private var nextNumber: UInt64 = 1

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop, spawner: TaskSpawner) {
        self.loop = loop
        self.spawner = spawner
    }

    /// Returns when a scan may begin, which ends with ``leave()``; throws where the task is cancelled before.
    func enter(_ place: FairPlace, limit: Int?) async throws(AntivirusError) {
        self.limit = limit
        letIn()
        if line.isEmpty, hasRoom {
            running += 1
            return
        }
        let number = nextNumber
        nextNumber += 1
        let isIn = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: false)
                    return
                }
                line.append(continuation, number: number, at: place)
            }
        } onCancel: {
            spawner.spawn { await self.giveUp(number, place) }
        }
        guard isIn else { throw AntivirusError.cancelled }
    }

    /// A scan is over.
    func leave() {
        running -= 1
        letIn()
    }

    private var hasRoom: Bool { limit.map { running < max($0, 1) } ?? true }

    private func letIn() {
        while hasRoom, let next = line.removeNext() {
            running += 1
            next.resume(returning: true)
        }
    }

    private func giveUp(_ number: UInt64, _ place: FairPlace) {
        line.remove(number: number, at: place)?.resume(returning: false)
    }
}
