// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform

/// An engine whose scans wait for an upload slot, and for a call of the plan where there is one.
///
/// Who waits for one holds none of the other: a plan that is used up keeps no slot from other profiles, and a slot that
/// hangs no call from other callers.
struct AdmittedEngine: ScanEngine {
    private let engine: any ScanEngine
    private let slots: UploadSlots
    private let time: any TimeSource

    /// A 429 is no answer for the caller as long as another attempt fits its deadline; a gateway that refuses without
    /// end is not asked more often than this for one scan.
    private static let mostAttempts = 3

    /// From this size on a file waits behind smaller ones of its connection.
    private static let bulkSize: Int64 = 1 << 20

    init(_ engine: any ScanEngine, slots: UploadSlots, time: any TimeSource) {
        self.engine = engine
        self.slots = slots
        self.time = time
    }

    var isPlaintext: Bool { engine.isPlaintext }
    var pacer: PlanPacer? { engine.pacer }

    func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        var attempt = 1
        while true {
            do throws(AntivirusError) {
                return try await admitted(subject, isReturning: attempt > 1)
            } catch {
                guard error.code == .rateLimited, let pacer, subject.isRepeatable, attempt < Self.mostAttempts,
                    let wait = error.retryAfter, time.now + wait < subject.deadline
                else { throw error }
                attempt += 1
                try await pacer.pause(until: time.now + wait)
            }
        }
    }

    private func admitted(_ subject: ScanSubject, isReturning: Bool) async throws(AntivirusError) -> ScanOutcome {
        let permit = try await admit(subject, isReturning: isReturning)
        var subject = subject
        subject.permit = permit
        let result: Result<ScanOutcome, AntivirusError>
        do throws(AntivirusError) {
            result = .success(try await engine.scan(subject))
        } catch {
            result = .failure(error)
        }
        await slots.give(user: subject.user)
        if let permit { await engine.pacer?.release(permit) }
        return try result.get()
    }

    /// Returns with a slot, and with the right to a call where there is a plan.
    private func admit(_ subject: ScanSubject, isReturning: Bool) async throws(AntivirusError) -> PlanPermit? {
        var place = FairPlace(user: subject.user, connection: subject.connection)
        guard let pacer = engine.pacer else {
            if await slots.takeNow(user: subject.user) { return nil }
            place.isBulk = await isBulk(subject)
            guard await slots.take(place) else { throw AntivirusError(.cancelled, "cancelled") }
            return nil
        }
        if !isReturning, let permit = await pacer.acquireNow() {
            if await slots.takeNow(user: subject.user) { return permit }
            await pacer.release(permit)
        }
        place.isBulk = await isBulk(subject)
        var isReturning = isReturning
        while true {
            let permit = try await pacer.acquire(place, before: subject.deadline, isReturning: isReturning)
            if await slots.takeNow(user: subject.user) { return permit }
            await pacer.release(permit)
            guard await slots.take(place) else { throw AntivirusError(.cancelled, "cancelled") }
            if let permit = await pacer.acquireNow() { return permit }
            await slots.give(user: subject.user)
            isReturning = true
        }
    }

    private func isBulk(_ subject: ScanSubject) async -> Bool {
        await subject.knownSize().map { $0 >= Self.bulkSize } ?? true
    }
}
