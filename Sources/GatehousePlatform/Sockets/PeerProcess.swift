// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// The process that connected, held by a descriptor: its number can become another's, the descriptor cannot.
package final class PeerProcess: Sendable {
    /// Its number; another process's once this one has ended.
    package let number: Int32
    private let descriptor: Descriptor

    /// The process behind a connected socket; nil where it has ended or nothing proves which one it was.
    ///
    /// The kernel says it from Linux 6.5 on (SO_PEERPIDFD). Before that the process is opened by its number, which may
    /// be in use again if the caller has ended since: it is taken only where it is of the caller's user, as /proc
    /// shows it. A service that does not see other users' processes (ProtectProc= of systemd.exec(5)) cannot tell.
    package init?(behind socket: Int32, _ peer: PeerIdentity) {
        number = peer.process
        let held = gatehouse_peer_process(socket)
        if held >= 0 {
            descriptor = Descriptor(owning: held)
            return
        }
        guard held == -ENOPROTOOPT, peer.process > 0 else { return nil }
        let opened = gatehouse_open_process(peer.process)
        guard opened >= 0 else { return nil }
        descriptor = Descriptor(owning: opened)
        var owner: UInt32 = 0
        guard gatehouse_process_owner(peer.process, &owner) == 0, owner == peer.user, isAlive else { return nil }
    }

    /// Whether it has not ended: only then its number is still its own.
    package var isAlive: Bool {
        // A descriptor of a process is readable once it has ended (pidfd_open(2)).
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 0
    }

    /// Lends the descriptor (pidfd_open(2)) for the time of one call.
    package func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result {
        withExtendedLifetime(self) { body(descriptor.number) }
    }
}
