// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import Glibc

/// The records of log and audit on their way to a thread of their own, so that a stuck reader of the log stops nobody.
///
/// At most `capacity` records wait, and as many are being written; what comes on top is dropped and counted. The count
/// is written as a record of its own once the others flow again.
final class LogQueue: Sendable {
    private struct State {
        var records: [LogRecord] = []
        /// How many the thread has in hand.
        var writing = 0
        var untold = 0
        var lost = 0
        var isEnding = false
        var isIdle = true
        /// Somebody has said that it wakes the thread a little later.
        var isWakeDeferred = false
    }

    private let capacity: Int
    private let state = Locked(State())
    private let wake: Wake
    private let ended: Wake

    /// Starts the thread, which ends with the process or after ``finish(within:)``.
    init(to output: some LogOutput, capacity: Int = 8192) throws(SystemError) {
        self.capacity = capacity
        let (wake, ended) = (try Wake(), try Wake())
        (self.wake, self.ended) = (wake, ended)
        let state = state
        try Thread.start("log") {
            Self.run(output, state, wake)
            ended.raise()
        }
    }

    /// The log of the daemon: structured where standard error is the journal, lines of text where it is anything else.
    static func onStandardError(_ environment: [String: String]) throws(SystemError) -> LogQueue {
        let text = TextOutput(descriptor: STDERR_FILENO)
        guard JournalStream.isConnected(to: STDERR_FILENO, environment) else { return try LogQueue(to: text) }
        return try LogQueue(to: JournalOutput(fallback: text))
    }

    /// Queues one record without waiting; false where it was dropped.
    ///
    /// Where the thread has to be woken for it, `deferringWake` is called if it is there, and sees to it that
    /// ``wakeUp()`` is.
    func write(_ record: LogRecord, deferringWake: ((LogQueue) -> Void)? = nil) -> Bool {
        let (isTaken, mustWake) = state.withLock { state -> (Bool, Bool) in
            guard state.records.count < capacity, !state.isEnding else {
                state.untold += 1
                state.lost += 1
                return (false, false)
            }
            state.records.append(record)
            // A record that may not wait does not rely on somebody who might never get there.
            let mustWake = state.isIdle || (state.isWakeDeferred && deferringWake == nil)
            state.isIdle = false
            if mustWake { state.isWakeDeferred = deferringWake != nil }
            return (true, mustWake)
        }
        guard mustWake else { return isTaken }
        if let deferringWake { deferringWake(self) } else { wakeUp() }
        return isTaken
    }

    /// Lets the thread look for records.
    func wakeUp() {
        wake.raise()
    }

    /// How many records wait, those that are being written included, and how many were lost since the start.
    var status: Status.Log {
        state.withLock { Status.Log(waiting: Int64($0.records.count + $0.writing), lost: Int64($0.lost)) }
    }

    /// Waits until all that was queued is written, at most that long.
    func finish(within milliseconds: Int32 = 1000) {
        state.withLock { $0.isEnding = true }
        wake.raise()
        ended.await(milliseconds: milliseconds)
    }

    /// How long a record may wait for others that come after it, so that not each of them costs a wake and a write.
    private static let moment: Int32 = 2

    private static func run(_ output: some LogOutput, _ state: Locked<State>, _ wake: Wake) {
        var output = output
        while true {
            let (records, dropped, isEnding) = state.withLock { state -> ([LogRecord], Int, Bool) in
                state.isIdle = state.records.isEmpty
                state.writing = state.records.count
                defer { (state.records, state.untold) = ([], 0) }
                return (state.records, state.untold, state.isEnding)
            }
            let lost = output.write(records)
            if lost > 0 { state.withLock { $0.lost += lost } }
            let untold = dropped + lost
            // They came after those, when there was no room.
            if untold > 0, output.write([.lost(untold)]) > 0 { state.withLock { $0.untold += untold } }
            guard records.isEmpty else { continue }
            if isEnding { return }
            wake.await(milliseconds: -1)
            // Nobody wakes it for what follows but `finish`.
            wake.await(milliseconds: Self.moment)
        }
    }
}
