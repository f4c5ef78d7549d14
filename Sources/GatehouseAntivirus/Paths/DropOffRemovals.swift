// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseTransfer

/// Takes away what was left for engines, beside the calls that left it: a verdict does not wait for it, and a call
/// that was cancelled does not end it.
package final class DropOffRemovals: Sendable {
    /// Takes a sentence for the operator.
    package typealias Report = @Sendable (String) -> Void

    private struct State {
        var pending = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var hasGivenUp = false
    }

    /// Nobody waits for a scan that long: what is older is left over.
    private static let age: Int64 = 3600

    private let spawner: TaskSpawner
    private let time: any TimeSource
    private let report: Report
    private let state = Locked(State())

    /// Starts tasks with `spawner`, and tells `report` what could not be removed.
    package init(spawner: TaskSpawner, time: any TimeSource, report: @escaping Report) {
        self.spawner = spawner
        self.time = time
        self.report = report
    }

    /// Removes one file, some time soon.
    package func remove(_ drop: any Drop) {
        run("a large file could not be removed after its scan") { () async throws(DropError) in
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

    private func run(_ failure: String, _ body: @escaping @Sendable () async throws(DropError) -> Void) {
        state.withLock { $0.pending += 1 }
        spawner.spawn { [self] in
            do throws(DropError) { try await body() } catch { report("\(failure): \(error.message)") }
            ended()
        }
    }

    private func ended() {
        let waiting = state.withLock { state in
            state.pending -= 1
            guard state.pending == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once nothing is left to remove; whoever cannot wait for a dead server gives up by ``giveUp()``.
    package func settled() async {
        await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state in
                guard state.pending > 0, !state.hasGivenUp else { return true }
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
