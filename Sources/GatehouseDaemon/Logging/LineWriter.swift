// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// Writes lines to a descriptor from a thread of its own, so that a stuck reader of the log stops nobody.
///
/// At most `capacity` lines wait; what comes on top is dropped and counted, and the count is written once there is room.
final class LineWriter: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        var lost = 0
        var isEnding = false
        var isIdle = true
    }

    private let capacity: Int
    private let state = Locked(State())
    private let signal: Signal

    /// Starts the thread, which ends with the process or after ``finish()``.
    init(to descriptor: Int32, capacity: Int = 8192) throws(SystemError) {
        self.capacity = capacity
        let signal = try Signal()
        self.signal = signal
        let state = state
        try Thread.start("log") { Self.run(descriptor, state, signal) }
    }

    /// Queues one line without waiting; false where it was dropped.
    func write(_ line: String) -> Bool {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        let (isTaken, mustSignal) = state.withLock { state -> (Bool, Bool) in
            guard state.lines.count < capacity, !state.isEnding else {
                state.lost += 1
                return (false, false)
            }
            state.lines.append(bytes)
            defer { state.isIdle = false }
            return (true, state.isIdle)
        }
        if mustSignal { signal.raise() }
        return isTaken
    }

    /// Waits until all that was queued is written, up to about a second.
    func finish() {
        state.withLock { $0.isEnding = true }
        signal.raise()
        signal.awaitEnd(milliseconds: 1000)
    }

    private static func run(_ descriptor: Int32, _ state: Locked<State>, _ signal: Signal) {
        while true {
            let (lines, lost, isEnding) = state.withLock { state -> ([[UInt8]], Int, Bool) in
                defer {
                    state.lines = []
                    state.lost = 0
                    state.isIdle = true
                }
                return (state.lines, state.lost, state.isEnding)
            }
            if !lines.isEmpty { writeAll(Array(lines.joined()), descriptor) }
            // They came after those, when there was no room.
            if lost > 0 { writeAll(Array("gatehoused: \(lost) log lines were lost\n".utf8), descriptor) }
            if lines.isEmpty, isEnding { break }
            if lines.isEmpty { signal.await() }
        }
        signal.end()
    }

    private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                return Glibc.write(descriptor, base + start, buffer.count - start)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Whoever shares the pipe or terminal with us has made it non-blocking.
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&entry, 1, -1)
                continue
            }
            // Nobody reads the log any more; the daemon goes on without it.
            guard count > 0 else { return }
            start += count
        }
    }
}

/// Two eventfds: one wakes the writer, one tells that it has ended.
private struct Signal: Sendable {
    private let wake: Wake
    private let ended: Wake

    init() throws(SystemError) {
        wake = try Wake()
        ended = try Wake()
    }

    func raise() { wake.raise() }

    func await() { wake.await(milliseconds: -1) }

    func end() { ended.raise() }

    func awaitEnd(milliseconds: Int32) { ended.await(milliseconds: milliseconds) }
}
