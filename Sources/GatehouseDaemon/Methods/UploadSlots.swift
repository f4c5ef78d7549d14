// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform

/// The slots of every profile: an engine that hangs keeps files from no other one.
final class ProfileUploads: Sendable {
    private let limits: Limits
    private let loop: EventLoop
    private let spawner: TaskSpawner
    private let profiles = Locked<[String: UploadSlots]>([:])

    init(_ limits: Limits, loop: EventLoop, spawner: TaskSpawner) {
        self.limits = limits
        self.loop = loop
        self.spawner = spawner
    }

    /// Those of a profile, which a reload does not change.
    func slots(of profile: String) -> UploadSlots {
        profiles.withLock { profiles in
            if let slots = profiles[profile] { return slots }
            let slots = UploadSlots(limits.uploads, perUser: limits.uploadsPerUid, loop: loop, spawner: spawner)
            profiles[profile] = slots
            return slots
        }
    }
}

/// Bounds how many files a profile uploads at once, by one user and by all; the others wait in a fair line.
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

    /// Takes a slot of the user's if that is possible now.
    func takeNow(user: UInt32) -> Bool { queue.take(user: user) }

    /// Waits for a slot; false where the caller was cancelled, which leaves the line at once.
    func take(_ place: FairPlace) async -> Bool {
        guard !queue.take(user: place.user) else { return true }
        let number = nextNumber
        nextNumber += 1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: false)
                    return
                }
                queue.wait(continuation, number: number, at: place)
            }
        } onCancel: {
            spawner.spawn { await self.leave(number, place) }
        }
    }

    /// Gives a slot back, to whoever is next.
    func give(user: UInt32) {
        queue.give(user: user)?.resume(returning: true)
    }

    private func leave(_ number: UInt64, _ place: FairPlace) {
        queue.leave(number: number, at: place)?.resume(returning: false)
    }
}
