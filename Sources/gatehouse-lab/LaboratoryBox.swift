// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import Glibc
internal import NIOConcurrencyHelpers

/// The one laboratory that all connections share, with the wall clock and the request log.
final class LaboratoryBox: Sendable {
    private let laboratory: NIOLockedValueBox<Laboratory>
    private let log: Int32

    /// Starts an empty request log at a path.
    init(_ laboratory: Laboratory, logFile: String) throws(StartError) {
        try Files.write("", to: logFile)
        log = open(logFile, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard log >= 0 else { throw StartError.system("cannot open \(logFile)") }
        self.laboratory = NIOLockedValueBox(laboratory)
    }

    deinit {
        close(log)
    }

    /// Runs a decision with the time of now.
    func decide<Result>(_ body: (inout Laboratory, LabInstant) -> Result) -> Result {
        laboratory.withLockedValue { body(&$0, Self.now) }
    }

    /// Writes a request's line; it is in the file when this returns.
    func record(_ exchange: Exchange, _ fate: Laboratory.Fate) {
        // Written under the lock, so that lines neither mix nor overtake one another.
        laboratory.withLockedValue { laboratory in
            let line = laboratory.record(exchange, fate, at: Self.now)
            if !Files.writeAll(Array((line + "\n").utf8), to: log) {
                Diagnostics.write("cannot write the request log")
            }
        }
    }

    private static var now: LabInstant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LabInstant(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }
}
