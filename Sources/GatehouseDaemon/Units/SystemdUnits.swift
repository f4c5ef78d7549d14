// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseServer
import Logging

/// Asks systemd over its bus in which units callers run, on a thread of its own.
final class SystemdUnits: UnitLookup {
    /// A caller that had to wait for so long goes without: a bus that hangs must not hold up everybody for long.
    private static let patience = Duration.seconds(2)

    // One thread, so that one connection to the bus is enough, and no caller waits for it on the loop.
    private let thread: ReaderThreads
    private let bus: SystemdBus
    private let time: any TimeSource

    /// Starts the thread; throws the error of pthread_create(3).
    ///
    /// The log is told when systemd cannot be asked any more.
    init(time: any TimeSource, log: Logger) throws(SystemError) {
        thread = try ReaderThreads(perUser: 1, total: 1)
        bus = SystemdBus(time: time) { error in
            let reason = SystemError(code: error, call: "system bus").description
            log.warning("systemd cannot be asked for units (\(reason)): no rule of the policy that names one matches")
        }
        self.time = time
    }

    func findUnit(
        ofPeerAt socket: Int32,
        _ peer: PeerIdentity,
        _ answer: @escaping @Sendable (String?) -> Void
    ) {
        guard let process = PeerProcess(behind: socket, peer) else {
            answer(nil)
            return
        }
        let (bus, time, until) = (bus, time, time.now + Self.patience)
        thread.submit(user: 0) {
            guard time.now < until else {
                answer(nil)
                return
            }
            answer(bus.unit(of: process))
        }
    }
}
