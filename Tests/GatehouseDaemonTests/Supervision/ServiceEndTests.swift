// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import Testing

@testable import GatehouseDaemon

@Suite struct ServiceEndTests {
    // SIGTERM found no connection while an idle daemon ended: its state was stored, and its gateways were closed, twice.
    @Test func `an end that is begun again is one end`() throws {
        let loop = try EventLoop()
        let started = Locked(0)
        let spawner = TaskSpawner { _ in
            started.withLock { $0 += 1 }
            return TaskSpawner.Running(cancel: {})
        }
        let lasting = Lasting(
            limits: Limits(),
            requests: RequestCounts(),
            passedState: PassedState([]),
            loop: loop,
            spawner: spawner,
            time: SystemTime()
        )
        let removals = DropOffRemovals(spawner: spawner, time: SystemTime()) { _ in }
        let end = ServiceEnd(loop: loop, spawner: spawner, lasting: lasting, removals: removals)
        loop.run {
            end.begin()
            end.begin()
            loop.stop()
        }
        #expect(started.withLock { $0 } == 1)
    }
}
