// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseTransfer

/// Takes away what was left for engines, beside the calls that left it: a verdict does not wait for it, and a call
/// that was cancelled does not end it.
package final class DropOffRemovals: Sendable {
    /// Takes a sentence for the operator.
    package typealias Report = @Sendable (String) -> Void

    /// Waits for a while; returns early in a cancelled task.
    package typealias Pause = @Sendable (Duration) async -> Void

    private struct State {
        /// What is under way, and what hurries it where that is possible.
        var running: [UInt64: TaskSpawner.Running?] = [:]
        var nextNumber: UInt64 = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// Nobody has time for pauses any more.
        var isEnding = false
        var hasGivenUp = false
    }

    /// Nobody waits for a scan that long: what is older is left over.
    static let age: Int64 = 3600
    /// Before the second and the third try; the longer one outlasts the pause after a refused login.
    private static let pauses: [Duration] = [.seconds(5), .seconds(90)]

    private let spawner: TaskSpawner
    let time: any TimeSource
    private let report: Report
    private let pause: Pause
    private let state = Locked(State())

    /// Starts tasks with `spawner`, and tells `report` what could not be removed.
    ///
    /// `pause` is what it does between two tries.
    package init(
        spawner: TaskSpawner,
        time: any TimeSource,
        pause: @escaping Pause = { try? await Task.sleep(for: $0) },
        report: @escaping Report
    ) {
        self.spawner = spawner
        self.time = time
        self.pause = pause
        self.report = report
    }

    /// Whether something is left to remove, or to look for.
    package var isAtWork: Bool { state.withLock { !$0.running.isEmpty } }

    /// Removes one file, some time soon; what fails is tried again twice, and after an hour with all that is left over.
    package func remove(_ drop: any Drop) {
        run("a large file could not be removed after its scan", mayHurry: true) { [pause] () async throws(DropError) in
            for duration in Self.pauses {
                do throws(DropError) { return try await drop.remove() } catch {
                    if Task.isCancelled { throw error }
                    await pause(duration)
                }
            }
            try await drop.remove()
        }
    }

    /// Removes what was left behind, by an earlier run for example: files of ours that are older than an hour.
    package func removeLeftovers(in folder: any DropFolder) {
        let before = Int64(time.unixTime) - Self.age
        run("the folder for large files could not be looked through") { [report] () async throws(DropError) in
            let count = try await folder.removeLeftovers(before: before)
            if count > 0 { report("removed \(count) large files that were left behind") }
        }
    }

    /// `mayHurry` says that the body takes a cancelled task as a wish to come to an end.
    private func run(
        _ failure: String,
        mayHurry: Bool = false,
        _ body: @escaping @Sendable () async throws(DropError) -> Void
    ) {
        let number = state.withLock { state in
            state.nextNumber += 1
            state.running[state.nextNumber] = .some(nil)
            return state.nextNumber
        }
        let task = spawner.spawn { [self] in
            do throws(DropError) { try await body() } catch { report("\(failure): \(error.message)") }
            ended(number)
        }
        guard mayHurry else { return }
        let hurries = state.withLock { state in
            // It may have ended before its start returned.
            guard state.running[number] != nil else { return false }
            state.running[number] = task
            return state.isEnding
        }
        if hurries { task.cancel() }
    }

    private func ended(_ number: UInt64) {
        let waiting = state.withLock { state in
            state.running[number] = nil
            guard state.running.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once nothing is left to remove; whoever cannot wait for a dead server gives up by ``giveUp()``.
    ///
    /// From then on there are no pauses: what waits in one is tried a last time at once.
    package func settled() async {
        let running = state.withLock { state in
            state.isEnding = true
            return state.running.values.compactMap(\.self)
        }
        for task in running { task.cancel() }
        await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state in
                guard !state.running.isEmpty, !state.hasGivenUp else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isSettled { continuation.resume() }
        }
    }

    /// Lets everybody go who waits in ``settled()``; what is left behind is removed by a later run.
    package func giveUp() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.hasGivenUp = true
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
