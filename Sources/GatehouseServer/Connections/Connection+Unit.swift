// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// Who the caller is beyond what the kernel says: asked once a connection, and nothing is read before the answer.
extension Connection {
    enum Identification {
        case notAsked
        case asking
        case done
    }

    /// Asks in which unit the caller runs, where a rule of the policy wants to know.
    func identify() {
        guard identification == .notAsked, descriptor != nil, let units = server.units else { return }
        identification = .asking
        holdOrResumeInput()
        units.findUnit(ofPeerAt: socket, peer) { [weak self] unit in
            guard let self else { return }
            self.server.spawner.spawn { await self.identified(unit) }
        }
    }

    private func identified(_ unit: String?) {
        self.unit = unit
        identification = .done
        handleBacklog()
        holdOrResumeInput()
    }
}

/// Finds out in which systemd unit a caller runs.
package protocol UnitLookup: Sendable {
    /// Looks at the process behind a connected socket at once, without waiting, and answers later, from any thread.
    ///
    /// The answer is nil where the unit cannot be had. It comes within a few seconds.
    func findUnit(
        ofPeerAt socket: Int32,
        _ peer: PeerIdentity,
        _ answer: @escaping @Sendable (String?) -> Void
    )
}
