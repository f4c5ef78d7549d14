// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseServer

/// What outlives a configuration: counts, work that is on its way, and those who follow it.
final class Lasting: Sendable {
    /// When the daemon started.
    let startedAt: Instant
    let scans = ScanCounts()
    let running = RunningScans()
    let uploads: ProfileUploads
    /// The scans of one profile that may wait for a call of its plan.
    let waitingScans: Int
    let subscriptions: Subscriptions
    /// How calls ended.
    let requests: RequestCounts
    /// The server, which is made after its methods.
    let server = ServerLink()
    /// What reads the configuration again, which is made after its methods too.
    let reloader = ReloaderLink()
    /// What keeps the state that outlives the process; nil where there is no descriptor store, nothing to seal it with,
    /// or no usable configuration so far.
    let state = Locked<StateKeeper?>(nil)
    /// The state of the last process, which the first usable configuration takes.
    let passedState: PassedState

    init(
        limits: Limits,
        requests: RequestCounts,
        passedState: PassedState,
        loop: EventLoop,
        spawner: TaskSpawner,
        time: any TimeSource
    ) {
        self.passedState = passedState
        startedAt = time.now
        waitingScans = limits.waitingScans
        self.requests = requests
        uploads = ProfileUploads(limits, loop: loop, spawner: spawner)
        subscriptions = Subscriptions(loop: loop, spawner: spawner)
    }
}

/// Gives methods the server, which is made after them.
final class ServerLink: Sendable {
    private let link = Locked<Server?>(nil)

    func connect(_ server: Server) {
        link.withLock { $0 = server }
    }

    /// The server; nil before it is made.
    var server: Server? { link.withLock { $0 } }

    /// Its counts.
    ///
    /// Called on the loop.
    var counts: ServerCounts { server?.counts ?? ServerCounts() }
}

/// Gives the method `reload` what does it.
final class ReloaderLink: Sendable {
    private let link = Locked<Reloader?>(nil)

    func connect(_ reloader: Reloader) {
        link.withLock { $0 = reloader }
    }

    /// What reloads; nil before it is made.
    var reloader: Reloader? { link.withLock { $0 } }
}
