// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// Which socket a connection has, by its local port; used by the engine's thread alone.
///
/// A server ends an idle connection with a word of TLS, which libcurl 7.88 takes for a sign of life: it would send the
/// next request into nothing. It does not say which socket a kept connection has, but does say its port.
final class SocketPorts {
    private var numbers: [Int32: Int32] = [:]

    /// One of these is connected from that port.
    func connected(_ opened: [Int32], localPort: Int32) {
        numbers[localPort] = opened.first { Self.port(of: $0) == localPort }
    }

    /// Whether the connection from that port has something to read: before a request, that is its end.
    ///
    /// False for a port that is not known. A number may be another socket's by now, which has another port.
    func hasInput(localPort: Int32) -> Bool {
        guard let number = numbers[localPort], Self.port(of: number) == localPort else { return false }
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    private static func port(of number: Int32) -> Int32? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { storage in
            storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { internet -> Int32? in
                let result = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(number, $0, &length)
                }
                // The port stands at the same place for both families.
                let family = Int32(internet.pointee.sin_family)
                guard result == 0, family == AF_INET || family == AF_INET6 else { return nil }
                return Int32(UInt16(bigEndian: internet.pointee.sin_port))
            }
        }
    }
}
