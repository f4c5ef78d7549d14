// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// Tells somebody how far a download is: when it begins, now and then, and when all of it is in the file.
package final class DownloadProgress: Sendable {
    /// Takes the bytes that came, and how many there will be where that is known.
    ///
    /// It is called by the engine's thread, and at the end by whoever finishes the file.
    package typealias Report = @Sendable (_ done: Int64, _ total: Int64?) -> Void

    private struct State {
        var pace: ProgressPace
        var isTold = false
    }

    private let time: any TimeSource
    private let state: Locked<State>
    private let report: Report

    /// Reports no more often than once in `interval`, but for the last time.
    package init(time: any TimeSource, interval: Duration = .milliseconds(250), report: @escaping Report) {
        self.time = time
        self.report = report
        state = Locked(State(pace: ProgressPace(interval: interval)))
    }

    /// The download begins anew.
    func begin() {
        state.withLock { $0.pace.begin() }
    }

    func taken(_ count: Int, total: Int64?) {
        let now = time.now
        let done = state.withLock { state -> Int64? in
            let done = state.pace.sent(count, now: now)
            state.isTold = done != nil && done == total
            return done
        }
        if let done { report(done, total) }
    }

    func end() {
        let done = state.withLock { state in state.isTold ? nil : state.pace.end() }
        if let done { report(done, done) }
    }
}
