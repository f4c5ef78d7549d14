// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// When a folder is looked through for what was left behind there: at first, and hourly where files are left in it.
final class LeftoverLooks: Sendable {
    private let folder: any DropFolder
    private let removals: DropOffRemovals
    private let last: Locked<Instant>

    /// Looks now.
    init(in folder: any DropFolder, _ removals: DropOffRemovals) {
        self.folder = folder
        self.removals = removals
        last = Locked(removals.time.now)
        removals.removeLeftovers(in: folder)
    }

    /// Looks where the last look is an hour old.
    func lookIfDue() {
        let now = removals.time.now
        let isDue = last.withLock { last in
            guard now - last >= .seconds(DropOffRemovals.age) else { return false }
            last = now
            return true
        }
        if isDue { removals.removeLeftovers(in: folder) }
    }
}
