// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CSystemd
import GatehousePlatform
import Glibc

/// The sockets that systemd opened for us (sd_listen_fds(3)).
enum PassedSockets {
    /// Which socket of the contract a descriptor is.
    enum Role: String {
        case rpc
        case admin
    }

    /// What systemd passed.
    struct Passed {
        var sockets: [(role: Role, number: Int32)] = []
        /// What this service has stored earlier (sd_notify(3), FDSTORE=1), or whatever else is no socket.
        var stored: [(name: String, number: Int32)] = []
    }

    /// Takes over the passed descriptors and removes them from the environment.
    ///
    /// Throws a sentence for the operator where a listening Unix stream socket has an unknown name; anything else is
    /// taken for something that was stored.
    static func take() throws(Fault) -> Passed {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count >= 0 else {
            throw Fault(message: "LISTEN_FDS cannot be read: \(SystemError(code: -count, call: "").reason)")
        }
        defer {
            for index in 0..<Int(count) { free(names?[index]) }
            free(names)
        }
        var passed = Passed()
        var named: [(name: String, number: Int32)] = []
        for index in 0..<Int(count) {
            let number = SD_LISTEN_FDS_START + Int32(index)
            let name = names?[index].map { String(cString: $0) } ?? ""
            let isSocket = sd_is_socket_unix(number, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0
            guard isSocket || Role(rawValue: name) != nil else {
                passed.stored.append((name, number))
                continue
            }
            guard isSocket else {
                throw Fault(message: "the passed descriptor \(name) is no listening Unix stream socket")
            }
            named.append((name, number))
        }
        for (name, number) in named {
            passed.sockets.append((try role(name, isOnly: named.count == 1), number))
            setNonBlocking(number)
        }
        return passed
    }

    /// A socket without a name of ours is the rpc socket where it is the only one (systemd-socket-activate(1) calls it
    /// "unknown", a socket unit without FileDescriptorName= by the unit's name).
    private static func role(_ name: String, isOnly: Bool) throws(Fault) -> Role {
        if let role = Role(rawValue: name) { return role }
        guard isOnly else {
            throw Fault(message: "the passed descriptor \(name) must be named rpc or admin (FileDescriptorName=)")
        }
        return .rpc
    }

    private static func setNonBlocking(_ number: Int32) {
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0 else { return }
        _ = fcntl(number, F_SETFL, flags | O_NONBLOCK)
    }

    /// Why the passed sockets cannot be used.
    struct Fault: Error {
        let message: String
    }
}
