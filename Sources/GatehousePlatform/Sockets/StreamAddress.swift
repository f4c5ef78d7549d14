// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Where a stream socket connects to: a Unix socket's path, or an IP address and port.
package enum StreamAddress: Sendable, Equatable {
    /// A path (unix(7)).
    case unix(path: String)
    /// The bytes of a `sockaddr_in` or `sockaddr_in6` (ip(7), ipv6(7)).
    case internet(bytes: [UInt8])

    /// An address in numbers, such as `127.0.0.1` or `::1`; nil for a name.
    package static func numeric(_ host: String, port: UInt16) -> StreamAddress? {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = four
            return .internet(bytes: withUnsafeBytes(of: &address) { Array($0) })
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return nil }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_addr = six
        return .internet(bytes: withUnsafeBytes(of: &address) { Array($0) })
    }

    /// The addresses of a name, in the order in which to try them (getaddrinfo(3)); none where it has none.
    ///
    /// It blocks: for a thread that may wait.
    package static func lookUp(_ host: String, port: UInt16) -> [StreamAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var found: [StreamAddress] = []
        var next = first
        while let entry = next?.pointee, found.count < 16 {
            if let address = entry.ai_addr, entry.ai_family == AF_INET || entry.ai_family == AF_INET6 {
                found.append(
                    .internet(bytes: Array(UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))))
                )
            }
            next = entry.ai_next
        }
        return found
    }

    /// The protocol family that its socket has.
    var family: Int32 {
        switch self {
        case .unix: AF_UNIX
        case .internet(let bytes):
            bytes.count == MemoryLayout<sockaddr_in6>.size ? AF_INET6 : AF_INET
        }
    }

    /// Runs `body` with the address as the system takes it.
    func withAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(SystemError) -> Result {
        switch self {
        case .unix(let path): return try UnixSocket.withAddress(path, body)
        case .internet(let bytes):
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes.prefix($0.count)) }
            return withUnsafePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(bytes.count)) }
            }
        }
    }
}
