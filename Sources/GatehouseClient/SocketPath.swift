// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
package import Glibc

/// Where a daemon listens: a path in the file system, as bytes.
package struct SocketPath: Equatable, Sendable {
    /// Where the daemon listens where nobody says otherwise.
    package static let standard = SocketPath(Client.standardPath)

    /// Where a daemon listens for administrators where nobody says otherwise.
    package static let standardAdmin = SocketPath("/run/gatehouse-admin/admin.sock")

    /// The longest path that an address holds with its final NUL (unix(7)).
    package static let maximumBytes = UnixSocket.maximumPathBytes

    /// The path's bytes, without a final NUL.
    package let bytes: [UInt8]

    /// Takes a path's bytes.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Takes a path as text.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The path for people; bytes that are not UTF-8 are replaced.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The address for connect(2) and bind(2).
    package func address() throws(ClientError) -> sockaddr_un {
        guard !bytes.isEmpty else { throw fault("the path is empty") }
        guard !bytes.contains(0) else { throw fault("the path contains a NUL byte") }
        guard bytes.count <= Self.maximumBytes else {
            throw fault(
                "the path has \(bytes.count) bytes; the address of a Unix socket holds at most \(Self.maximumBytes)"
            )
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    private func fault(_ reason: String) -> ClientError {
        .cannotReach(path: text, reason: reason)
    }
}
