// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Unix stream sockets by path (unix(7)).
package enum UnixSocket {
    /// What `sun_path` holds beside its closing NUL.
    package static let maximumPathBytes = 107

    /// Connects to a path, blocking, close-on-exec.
    ///
    /// Throws ENAMETOOLONG for a path that no socket can have.
    package static func connect(to path: String) throws(SystemError) -> Descriptor {
        let descriptor = try open()
        let result = try withAddress(path) { Glibc.connect(descriptor.number, $0, $1) }
        guard result == 0 else { throw SystemError.current("connect") }
        return descriptor
    }

    /// Binds and listens, non-blocking, with mode 0660 and in place of a socket that nobody serves any more.
    ///
    /// Throws EADDRINUSE where another process answers at the path, and EEXIST where something other than a socket
    /// stands there: neither is ever removed.
    package static func listen(at path: String, backlog: Int32 = 4096) throws(SystemError) -> Descriptor {
        try removeAbandoned(path)
        let descriptor = try open(flags: Int32(SOCK_NONBLOCK.rawValue))
        let result = try withAddress(path) { bind(descriptor.number, $0, $1) }
        guard result == 0 else { throw SystemError.current("bind") }
        // Whatever mode the file was born with, nobody can connect before listen(2). The process's umask is no way to a
        // mode: it belongs to all threads, and two that change and restore it may leave the wrong one.
        guard chmod(path, 0o660) == 0 else { throw SystemError.current("chmod") }
        guard Glibc.listen(descriptor.number, backlog) == 0 else { throw SystemError.current("listen") }
        return descriptor
    }

    private static func open(flags: Int32 = 0) throws(SystemError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | flags
        let number = socket(AF_UNIX, type, 0)
        guard number >= 0 else { throw SystemError.current("socket") }
        return Descriptor(owning: number)
    }

    private static func removeAbandoned(_ path: String) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(code: EEXIST, call: "bind") }
        // Non-blocking: where a live listener's queue is full, connect(2) would wait for as long as that lasts.
        let probe = try open(flags: Int32(SOCK_NONBLOCK.rawValue))
        let result = try withAddress(path) { Glibc.connect(probe.number, $0, $1) }
        guard result != 0, errno != EAGAIN else { throw SystemError(code: EADDRINUSE, call: "bind") }
        guard errno == ECONNREFUSED else { throw SystemError.current("connect") }
        guard unlink(path) == 0 else { throw SystemError.current("unlink") }
    }

    static func withAddress<Result>(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(SystemError) -> Result {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= maximumPathBytes else {
            throw SystemError(code: ENAMETOOLONG, call: "socket path")
        }
        guard !bytes.contains(0) else { throw SystemError(code: EINVAL, call: "socket path") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
