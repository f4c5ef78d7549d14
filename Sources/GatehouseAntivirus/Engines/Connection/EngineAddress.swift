// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Where an engine listens.
package enum EngineAddress: Sendable, Equatable {
    /// At a path of this host.
    case unix(path: String)
    /// At a port of a host, by name or number; an IPv6 address without brackets.
    case host(String, port: UInt16)

    /// Whether what is sent there stays on this host: a Unix socket or a loopback address (RFC 5735, RFC 4291).
    ///
    /// A name counts only where it is `localhost`, which is then not looked up (RFC 6761, section 6.3).
    package var isLocal: Bool {
        switch self {
        case .unix: return true
        case .host(let host, _):
            switch StreamAddress.numeric(host, port: 0) {
            case .internet(let bytes)?: return Self.isLoopback(bytes)
            default: return host.lowercased() == "localhost"
            }
        }
    }

    /// The addresses to try, in this order; none for a name that has none.
    ///
    /// A name is looked up on a reader thread, since that may take long.
    func addresses(_ readers: ReaderThreads) async throws(CancellationError) -> [StreamAddress] {
        switch self {
        case .unix(let path): return [.unix(path: path)]
        case .host(let host, let port):
            if let address = StreamAddress.numeric(host, port: port) { return [address] }
            if isLocal { return ["127.0.0.1", "::1"].compactMap { StreamAddress.numeric($0, port: port) } }
            return try await readers.run(user: ReaderThreads.ownJobs) { StreamAddress.lookUp(host, port: port) }
        }
    }

    private static func isLoopback(_ bytes: [UInt8]) -> Bool {
        // In both structures, the address follows the family, the port and, for IPv6, the flow (ip(7), ipv6(7)).
        switch bytes.count {
        case 16: bytes[4] == 127
        case 28: bytes[8..<24].elementsEqual([UInt8](repeating: 0, count: 15) + [1])
        default: false
        }
    }
}
