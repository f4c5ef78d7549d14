// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Who is at the other end of a Unix socket, as the kernel recorded it at connect (unix(7), SO_PEERCRED).
package struct PeerIdentity: Equatable, Sendable {
    /// The process that connected; it may have ended or passed its socket on since.
    package let process: Int32
    /// Its effective user.
    package let user: UInt32
    /// Its effective group.
    package let group: UInt32
    /// Its supplementary groups.
    package let supplementaryGroups: [UInt32]

    /// Names a caller.
    package init(process: Int32, user: UInt32, group: UInt32, supplementaryGroups: [UInt32] = []) {
        self.process = process
        self.user = user
        self.group = group
        self.supplementaryGroups = supplementaryGroups
    }

    /// Asks the kernel about a connected socket.
    package init(ofPeerAt socket: Int32) throws(SystemError) {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
        let result = gatehouse_peer_credentials(socket, &process, &user, &group)
        guard result >= 0 else { throw SystemError(code: -result, call: "getsockopt SO_PEERCRED") }
        self.process = process
        self.user = user
        self.group = group
        supplementaryGroups = try Self.groups(of: socket)
    }

    /// Whether the caller is in a group, by its effective or a supplementary one.
    package func isMember(of group: UInt32) -> Bool {
        self.group == group || supplementaryGroups.contains(group)
    }

    private static func groups(of socket: Int32) throws(SystemError) -> [UInt32] {
        var capacity = 64
        // 65536 is the kernel's own NGROUPS_MAX.
        while capacity <= 65536 {
            var groups = [UInt32](repeating: 0, count: capacity)
            let count = gatehouse_peer_groups(socket, &groups, Int32(capacity))
            if count >= 0 { return Array(groups.prefix(Int(count))) }
            guard count == -ERANGE else { throw SystemError(code: -count, call: "getsockopt SO_PEERGROUPS") }
            capacity *= 4
        }
        throw SystemError(code: ERANGE, call: "getsockopt SO_PEERGROUPS")
    }
}
