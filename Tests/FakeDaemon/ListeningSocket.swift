// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
package import GatehousePlatform
import Glibc

/// A socket that listens, shared by its owner and the thread that accepts from it.
///
/// It closes when both are done with it: a number that closed while the thread was about to poll it would be somebody
/// else's socket by then.
package final class ListeningSocket: Sendable {
    private let socket: Descriptor

    /// Listens at a path.
    package init(at path: String) throws(SystemError) {
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .current("socket") }
        socket = Descriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(number, 16) == 0 else { throw .current("bind") }
    }

    /// Ends the accepting thread.
    package func stop() { _ = shutdown(socket.number, Int32(SHUT_RDWR)) }

    /// Waits for the next connection; nil when it was stopped.
    package func accept() -> Descriptor? {
        var entry = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, -1)
        guard entry.revents & Int16(POLLHUP | POLLNVAL | POLLERR) == 0 else { return nil }
        let number = gatehouse_accept(socket.number)
        return number < 0 ? nil : Descriptor(owning: number)
    }
}
