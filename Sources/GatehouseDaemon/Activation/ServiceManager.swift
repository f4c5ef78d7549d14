// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSystemd
import GatehousePlatform
import Glibc

/// The service manager that started this daemon, as far as it wants to hear of it (sd_notify(3)).
///
/// Without one (no `$NOTIFY_SOCKET`) nothing is sent. A message is one datagram; systemd's queue holds hundreds, so that
/// a manager that is busy for a while does not hold up the loop.
struct ServiceManager: Sendable {
    /// Within what time ``watchdog()`` has to be called again and again; nil where nobody waits for it.
    let watchdogInterval: Duration?
    private let notify: @Sendable (String) -> Void

    /// Sends by `notify`, one text of lines at a time.
    init(watchdogInterval: Duration?, notify: @escaping @Sendable (String) -> Void) {
        self.watchdogInterval = watchdogInterval
        self.notify = notify
    }

    /// The one that the environment names: `$NOTIFY_SOCKET`, `$WATCHDOG_USEC` and `$WATCHDOG_PID`.
    static func current() -> ServiceManager {
        var microseconds: UInt64 = 0
        let isWatched = sd_watchdog_enabled(0, &microseconds) > 0
        let interval = Duration.microseconds(Int64(clamping: microseconds))
        return ServiceManager(watchdogInterval: isWatched ? interval : nil) { sd_notify(0, $0) }
    }

    /// The daemon serves, for the first time or again after ``reloading()``.
    func ready(_ status: String) {
        notify("READY=1\nSTATUS=\(Self.line(status))")
    }

    /// One line about how the daemon is, for `systemctl status`.
    func status(_ text: String) {
        notify("STATUS=\(Self.line(text))")
    }

    /// The configuration is being read again; ``ready(_:)`` says that this is done, whether it succeeded or not.
    func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
        notify("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }

    /// The daemon is about to end, and says in one line what it still waits for.
    func stopping(_ status: String) {
        notify("STOPPING=1\nSTATUS=\(Self.line(status))")
    }

    /// Starting, reloading or stopping goes on, and is given that much time from now.
    func extendTimeout(by time: Duration) {
        notify("EXTEND_TIMEOUT_USEC=\(max(time.wholeMicroseconds, 1))")
    }

    /// The loop turns.
    func watchdog() {
        notify("WATCHDOG=1")
    }

    /// A line break would begin another assignment.
    private static func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}
