// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseSecurityCenter

/// What comes after the last answer, whyever the daemon ends: the state is stored, what is not in it is ended upstream,
/// then the loop stops.
struct ServiceEnd: Sendable {
    let loop: EventLoop
    let spawner: TaskSpawner
    let gateways: GatewayPool?
    let state: StateKeeper?

    /// Begins the end.
    ///
    /// Called on the loop, when nobody is connected any more.
    func begin() {
        guard let gateways else {
            loop.stop()
            return
        }
        spawner.spawn { [loop, state] in
            await gateways.shutDown(leaving: await state?.end())
            loop.stop()
        }
    }

    /// What is left to do once the loop has stopped; may block for two seconds.
    func finish() {
        if state != nil { DescriptorStore.waitUntilTaken() }
    }
}
