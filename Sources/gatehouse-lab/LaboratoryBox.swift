// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import Glibc
internal import NIOConcurrencyHelpers

/// The one laboratory that all connections share, with the wall clock and the request log.
final class LaboratoryBox: Sendable {
    private let tenants: NIOLockedValueBox<Tenants>
    private let log: Int32
    /// The connections that are open.
    let connections = OpenConnections()

    /// Starts an empty request log at a path.
    init(_ laboratory: Laboratory, logFile: String) throws(StartError) {
        try Files.write("", to: logFile)
        log = open(logFile, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard log >= 0 else { throw StartError.system("cannot open \(logFile)") }
        tenants = NIOLockedValueBox(Tenants(laboratory))
    }

    deinit {
        close(log)
    }

    /// Runs a decision of a tenant's servers with the time of now.
    func decide<Result>(for tenant: String? = nil, _ body: (inout Laboratory, LabInstant) -> Result) -> Result {
        tenants.withLockedValue { $0.decide(for: tenant, at: Self.now, body) }
    }

    /// Writes a request's line; it is in the file when this returns.
    func record(_ exchange: Exchange, _ fate: Laboratory.Fate) {
        // Written under the lock, so that lines neither mix nor overtake one another.
        tenants.withLockedValue { tenants in
            let line = tenants.decide(for: exchange.tenant, at: Self.now) { laboratory, now in
                laboratory.record(exchange, fate, at: now)
            }
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
