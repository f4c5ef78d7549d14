// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform

/// Lets scans begin: each waits for a slot, and for a call of the plan where there is one.
///
/// Who waits for one holds none of the other: a plan that is used up keeps no slot from other profiles, and a slot that
/// hangs no call from other callers.
struct ScanAdmission: Sendable {
    /// Who wants to scan what.
    struct Request: Sendable {
        var user: UInt32
        var connection: UInt
        var deadline: Instant
        /// Whether the same can be sent once more.
        var isRepeatable: @Sendable () -> Bool = { true }
        /// Its size, if that can be told before it is read.
        var size: @Sendable () async -> Int64? = { 0 }
    }

    private let slots: UploadSlots
    private let pacer: PlanPacer?
    private let time: any TimeSource

    /// A 429 is no answer for the caller as long as another attempt fits its deadline; a gateway that refuses without
    /// end is not asked more often than this for one scan.
    private static let mostAttempts = 3

    /// From this size on a file waits behind smaller ones of its connection.
    private static let bulkSize: Int64 = 1 << 20

    init(_ slots: UploadSlots, _ pacer: PlanPacer?, _ time: any TimeSource) {
        self.slots = slots
        self.pacer = pacer
        self.time = time
    }

    /// Runs a scan when it may begin, and again after a refusal that ends in time.
    func run(
        _ request: Request,
        _ scan: @Sendable (PlanPermit?) async throws(AntivirusError) -> ScanOutcome
    ) async throws(AntivirusError) -> ScanOutcome {
        var attempt = 1
        while true {
            do throws(AntivirusError) {
                return try await runOnce(request, isReturning: attempt > 1, scan)
            } catch {
                guard error.code == .rateLimited, !error.isTriedOut, let pacer, request.isRepeatable(),
                    attempt < Self.mostAttempts,
                    let wait = error.retryAfter, time.now + wait < request.deadline
                else { throw error }
                attempt += 1
                try await pacer.pause(until: time.now + wait)
            }
        }
    }

    private func runOnce(
        _ request: Request,
        isReturning: Bool,
        _ scan: @Sendable (PlanPermit?) async throws(AntivirusError) -> ScanOutcome
    ) async throws(AntivirusError) -> ScanOutcome {
        let permit = try await admit(request, isReturning: isReturning)
        let result: Result<ScanOutcome, AntivirusError>
        do throws(AntivirusError) {
            result = .success(try await scan(permit))
        } catch {
            result = .failure(error)
        }
        await slots.give(user: request.user)
        if let permit { await pacer?.release(permit) }
        return try result.get()
    }

    /// Returns with a slot, and with the right to a call where there is a plan.
    private func admit(_ request: Request, isReturning: Bool) async throws(AntivirusError) -> PlanPermit? {
        guard let pacer else {
            if await slots.takeNow(user: request.user) { return nil }
            guard await slots.take(place(request)) else { throw AntivirusError.cancelled }
            return nil
        }
        if !isReturning, let permit = await pacer.acquireNow() {
            if await slots.takeNow(user: request.user) { return permit }
            await pacer.release(permit)
        }
        let place = await place(request)
        var isReturning = isReturning
        while true {
            let permit = try await pacer.acquire(place, before: request.deadline, isReturning: isReturning)
            if await slots.takeNow(user: request.user) { return permit }
            await pacer.release(permit)
            guard await slots.take(place) else { throw AntivirusError.cancelled }
            if let permit = await pacer.acquireNow() { return permit }
            await slots.give(user: request.user)
            isReturning = true
        }
    }

    private func place(_ request: Request) async -> FairPlace {
        let isBulk = await request.size().map { $0 >= Self.bulkSize } ?? true
        return FairPlace(user: request.user, connection: request.connection, isBulk: isBulk)
    }
}
