// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseServer

/// Tells the service manager how the daemon is, feeds its watchdog from the loop, and ends a daemon that nobody needs.
// Unchecked because, but for constants, its state is touched on the loop's thread alone: every entry checks that.
final class Supervision: @unchecked Sendable {
    /// Whom it tells.
    let manager: ServiceManager
    private let loop: EventLoop
    private let server: Server
    private let upstream: @Sendable () -> UpstreamWork
    private let isHeld: @Sendable () -> Bool
    private let end: @Sendable () -> Void
    private var idleExit: IdleExit?
    private var phase = Phase.starting
    private var told = ""
    private var isStatusDue = false
    private var lookTimer: TimerID?
    private var extensionsLeft = 60

    private enum Phase {
        case starting
        case serving
        case reloading
        case stopping
    }

    /// The time between two changes of the status line.
    private static let statusPause = Duration.seconds(2)

    /// Watches a server; on the loop, `upstream` is asked, and `end` is called when the daemon has been idle.
    ///
    /// While `isHeld` says so the daemon does not end for being idle; asked on the loop, when it would.
    init(
        manager: ServiceManager,
        loop: EventLoop,
        server: Server,
        idleLimit: Duration?,
        upstream: @escaping @Sendable () -> UpstreamWork,
        isHeld: @escaping @Sendable () -> Bool,
        end: @escaping @Sendable () -> Void
    ) {
        self.manager = manager
        self.loop = loop
        self.server = server
        self.upstream = upstream
        self.isHeld = isHeld
        self.end = end
        idleExit = idleLimit.map { IdleExit(after: $0) }
    }

    // MARK: Phases, called on the loop

    /// The daemon listens: callers may come.
    func serving() {
        loop.checkIsolated()
        phase = .serving
        told = StatusLine.text(server.counts, upstream())
        manager.ready(told)
        server.observe { [weak self] in self?.changed() }
        feedWatchdog()
        look()
    }

    /// The configuration is being read again; until ``reloaded()`` the daemon does not end for being idle.
    func reloading() {
        loop.checkIsolated()
        guard phase == .serving else { return }
        phase = .reloading
        manager.reloading()
    }

    /// The configuration has been read, with or without success.
    func reloaded() {
        loop.checkIsolated()
        guard phase == .reloading else { return }
        phase = .serving
        told = StatusLine.text(server.counts, upstream())
        manager.ready(told)
        look()
    }

    /// No caller is accepted any more; what was accepted is answered, for which time is asked while the loop turns.
    func stopping() {
        loop.checkIsolated()
        guard phase != .stopping else { return }
        phase = .stopping
        told = StatusLine.stopping(server.counts)
        manager.stopping(told)
        askForTime()
    }

    /// Something that the status line shows has changed.
    func changed() {
        if idleExit != nil { server.counts.open > 0 ? idleExit?.interrupted() : look() }
        guard !isStatusDue, phase != .starting else { return }
        isStatusDue = true
        loop.schedule(at: loop.time.now + Self.statusPause) { [weak self] in self?.tellStatus() }
    }

    // MARK: Telling

    private func tellStatus() {
        isStatusDue = false
        let text = phase == .stopping ? StatusLine.stopping(server.counts) : StatusLine.text(server.counts, upstream())
        guard text != told else { return }
        told = text
        manager.status(text)
    }

    /// Twice within the interval, by a timer of the loop: one that is stuck feeds nobody and is killed.
    private func feedWatchdog() {
        guard let interval = manager.watchdogInterval else { return }
        manager.watchdog()
        // What changed without a caller, such as a token that could not be renewed.
        if phase == .serving, !isStatusDue { tellStatus() }
        loop.schedule(at: loop.time.now + interval / 2) { [weak self] in self?.feedWatchdog() }
    }

    /// Ending takes longer where a scan or a server does; not without an end, though.
    private func askForTime() {
        guard extensionsLeft > 0 else { return }
        extensionsLeft -= 1
        manager.extendTimeout(by: .seconds(5))
        loop.schedule(at: loop.time.now + .seconds(1)) { [weak self] in self?.askForTime() }
    }

    // MARK: Ending when idle

    private func look() {
        guard phase == .serving, idleExit != nil else { return }
        let activity = activity()
        // Also while a timer runs: the time counts from the end of what went on, not from the next look.
        let step = idleExit?.observe(activity, now: loop.time.now, isHeld: isHeld)
        guard lookTimer == nil else { return }
        switch step {
        case nil, .wait: break
        case .look(let instant): look(at: instant)
        case .lookAtBacklog: look(at: loop.time.now)
        }
    }

    private func look(at instant: Instant) {
        lookTimer = loop.schedule(at: instant) { [weak self] in
            self?.lookTimer = nil
            self?.lookedAtClock()
        }
    }

    /// By a timer alone: nobody is in the middle of anything.
    private func lookedAtClock() {
        let activity = activity()
        guard phase == .serving, idleExit?.observe(activity, now: loop.time.now, isHeld: isHeld) == .lookAtBacklog
        else {
            look()
            return
        }
        server.stopAccepting()
        // Each of these calls `changed()`, which must not meet `idleExit` being changed.
        let foundSomebody = server.takeBacklog()
        guard idleExit?.looked(foundSomebody: foundSomebody) ?? false else {
            server.startAccepting()
            look()
            return
        }
        stopping()
        end()
    }

    private func activity() -> IdleExit.Activity {
        let counts = server.counts
        // What costs more is not asked for while somebody is there.
        guard counts.open == 0, counts.inFlight == 0 else {
            return IdleExit.Activity(connections: counts.open, requests: counts.inFlight)
        }
        let work = upstream()
        return IdleExit.Activity(renewals: work.renewals, gateways: work.gateways)
    }
}
