// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A socket to serve: passed by systemd, or opened by ourselves.
struct ListeningSocket: Sendable {
    let name: String
    /// Whether callers on it are administrators, who see every user's doings.
    let isAdmin: Bool
    private let number: Int32
    /// What we made, and remove again.
    private let ownPath: OwnPath?

    /// A path, and which socket stands there as long as nobody puts another in its place.
    private struct OwnPath: Equatable {
        let path: String
        /// Zeros where nothing can be seen there.
        let device: dev_t
        let inode: ino_t

        init(_ path: String) {
            var status = stat()
            let isSeen = lstat(path, &status) == 0
            self.path = path
            device = isSeen ? status.st_dev : 0
            inode = isSeen ? status.st_ino : 0
        }
    }

    /// Whether it is ours alone, and gone with this process.
    var isOwn: Bool { ownPath != nil }

    /// The sockets of this start; passed ones win over those of the command line.
    static func all(
        _ options: Options,
        passed: [(role: PassedSockets.Role, number: Int32)]
    ) throws(StartFault) -> [ListeningSocket] {
        guard passed.isEmpty else {
            return passed.map {
                ListeningSocket(
                    name: $0.role.rawValue,
                    isAdmin: $0.role == .admin,
                    number: $0.number,
                    ownPath: nil
                )
            }
        }
        var sockets: [ListeningSocket] = []
        let paths = [(options.listen, false), (options.adminListen, true)]
        do throws(StartFault) {
            for case (let path?, let isAdmin) in paths { sockets.append(try open(path, isAdmin: isAdmin)) }
        } catch {
            // Nobody will ever answer there.
            for socket in sockets { socket.removePath() }
            throw error
        }
        guard !sockets.isEmpty else {
            throw StartFault("no socket was passed: start gatehouse.socket by systemd, or use --listen PATH")
        }
        return sockets
    }

    private static func open(_ path: String, isAdmin: Bool) throws(StartFault) -> ListeningSocket {
        do {
            let number = try UnixSocket.listen(at: path).release()
            return ListeningSocket(name: path, isAdmin: isAdmin, number: number, ownPath: OwnPath(path))
        } catch {
            let hint =
                switch error.code {
                case EADDRINUSE: ": another process serves this socket"
                case ENAMETOOLONG: ": a socket's path has at most \(UnixSocket.maximumPathBytes) bytes"
                case EEXIST: ": something that is no socket stands there"
                default: ""
                }
            throw StartFault("\(path): \(error)\(hint)")
        }
    }

    /// Hands over the descriptor; once.
    func takeDescriptor() -> Descriptor {
        Descriptor(owning: number)
    }

    /// Removes the path, so that callers learn at once that nobody serves it.
    func removePath() {
        if let ownPath, OwnPath(ownPath.path) == ownPath { unlink(ownPath.path) }
    }
}
