// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter

/// What comes after the last answer, whyever the daemon ends: what was left for engines is taken away, the state is
/// stored, what is not in it is ended upstream, then the loop stops.
struct ServiceEnd: Sendable {
    let loop: EventLoop
    let spawner: TaskSpawner
    let lasting: Lasting
    let removals: DropOffRemovals
    private let isBegun = Locked(false)

    init(loop: EventLoop, spawner: TaskSpawner, lasting: Lasting, removals: DropOffRemovals) {
        self.loop = loop
        self.spawner = spawner
        self.lasting = lasting
        self.removals = removals
    }

    /// What keeps the state now: a reload may have made it.
    private var state: StateKeeper? { lasting.state.withLock { $0 } }

    /// Begins the end, once: a signal may come while an idle daemon ends already.
    ///
    /// Called on the loop, when nobody is connected any more.
    func begin() {
        let isFirst = isBegun.withLock { isBegun in
            defer { isBegun = true }
            return !isBegun
        }
        guard isFirst else { return }
        let gateways = lasting.reloader.reloader?.assumeIsolated { $0.gateways }
        spawner.spawn { [loop, removals, state] in
            await removals.settled()
            let left = await state?.end()
            await gateways?.shutDown(leaving: left)
            loop.stop()
        }
        loop.schedule(at: loop.time.now + .seconds(5)) { [removals] in removals.giveUp() }
    }

    /// What is left to do once the loop has stopped; may block for two seconds.
    func finish() {
        if state != nil { DescriptorStore.waitUntilTaken() }
    }
}
