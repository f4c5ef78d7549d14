// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// Says why a socket cannot be connected to, and what to do about it.
enum Reachability {
    /// The sentence for an errno of connect(2).
    static func explain(_ code: Int32, _ path: SocketPath) -> String {
        switch code {
        case ENOENT:
            "there is no such socket; is \(unit(of: path)) started (systemctl status \(unit(of: path)))?"
        case ECONNREFUSED:
            "nobody listens there any more; is \(unit(of: path)) started (systemctl status \(unit(of: path)))?"
        case ENOTSOCK: "this is not a socket"
        case EAGAIN: "the daemon does not accept connections; its queue is full"
        case EACCES, EPERM: explainDenial(path.bytes)
        default: SystemError(code: code, call: "connect").reason
        }
    }

    /// The unit that makes this socket, which its name tells.
    private static func unit(of path: SocketPath) -> String {
        path.bytes.split(separator: UInt8(ascii: "/")).last == Array("admin.sock".utf8)[...]
            ? "gatehouse-admin.socket" : "gatehouse.socket"
    }

    /// Finds the folder, or the socket itself, that keeps this user out.
    private static func explainDenial(_ path: [UInt8]) -> String {
        var folders = path.indices.filter { path[$0] == UInt8(ascii: "/") && $0 > 0 }.map { Array(path[..<$0]) }
        folders.insert(path.first == UInt8(ascii: "/") ? [UInt8(ascii: "/")] : [UInt8(ascii: ".")], at: 0)
        for folder in folders where access(folder.withNull, X_OK) != 0 {
            return explain(folder, group: mode_t(0o010), "may enter")
        }
        return explain(path, group: mode_t(0o020), "may connect to")
    }

    private static func explain(_ path: [UInt8], group bit: mode_t, _ right: String) -> String {
        let text = String(decoding: path, as: UTF8.self)
        var status = stat()
        guard stat(path.withNull, &status) == 0 else { return "permission denied at \(text)" }
        guard status.st_mode & bit != 0, status.st_gid != 0 else {
            return "permission denied: only \(userName(status.st_uid) ?? "its owner") \(right) \(text)"
        }
        guard let group = groupName(status.st_gid) else {
            return "permission denied: only members of group \(status.st_gid) \(right) \(text)"
        }
        let user = userName(geteuid()) ?? "USER"
        return "permission denied: only members of group \(group) \(right) \(text); "
            + "join it with \"sudo usermod -aG \(group) \(user)\" and log in again"
    }

    // These two calls use memory of libc that other threads may overwrite; the names are copied at once, and a wrong
    // name in a hint is all that a race could bring.
    private static func groupName(_ group: gid_t) -> String? {
        getgrgid(group).map { String(cString: $0.pointee.gr_name) }
    }

    private static func userName(_ user: uid_t) -> String? {
        getpwuid(user).map { String(cString: $0.pointee.pw_name) }
    }
}

extension [UInt8] {
    /// The bytes with the NUL that system calls ask for.
    fileprivate var withNull: [CChar] { map { CChar(bitPattern: $0) } + [0] }
}
