// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

/// What journald(8) is to a daemon that runs in a mount namespace: the socket of its native protocol.
///
/// Only root can arrange that.
final class Journal {
    /// Whether this machine lets a test have one.
    static let isPossible = geteuid() == 0

    /// One entry, by the names of its fields; a name that came twice keeps its last value.
    typealias Entry = [String: String]

    private let folder: String
    /// -1 where it is missing.
    private let socket: Int32
    private(set) var entries: [Entry] = []
    /// All bytes that came.
    private(set) var bytes: [UInt8] = []

    /// A folder for a daemon's `/run/systemd/journal`, with the socket in it unless `isMissing`.
    init(in folder: TemporaryFolder, isMissing: Bool = false) throws {
        self.folder = folder.path("journal")
        mkdir(self.folder, 0o755)
        guard !isMissing else {
            socket = -1
            return
        }
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw SystemError.current("socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array((self.folder + "/socket").utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SystemError.current("bind") }
    }

    deinit {
        if socket >= 0 { close(socket) }
    }

    /// The words before a program that put the folder where it looks for the journal.
    var wrapper: [String] {
        let mounts = "mount -t tmpfs none /run && mkdir -p /run/systemd/journal && "
        return [
            "unshare", "--mount", "/bin/sh", "-c",
            mounts + #"mount --bind "$0" /run/systemd/journal && exec "$@""#, folder,
        ]
    }

    /// The variables of a program whose standard error is that file: it is taken for the journal's stream.
    static func environment(errorLog: String) throws(SystemError) -> [String: String] {
        var status = stat()
        if stat(errorLog, &status) != 0 {
            let number = open(errorLog, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard number >= 0 else { throw .current("open") }
            _ = Descriptor(owning: number)
            guard stat(errorLog, &status) == 0 else { throw .current("stat") }
        }
        return ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]
    }

    /// Takes what has come, without waiting.
    func receive() {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while case let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
            bytes += buffer.prefix(count)
            entries.append(Self.entry(buffer.prefix(count)))
        }
    }

    /// The entries that fit, once there are so many.
    func entries(_ count: Int, where fits: (Entry) -> Bool) throws -> [Entry] {
        try waitUntil("\(count) entries of the journal") {
            receive()
            return entries.filter(fits).count >= count
        }
        return entries.filter(fits)
    }

    /// The journal's native protocol: `NAME=value` on a line, or the name on a line, 64 bits of length, and the value.
    private static func entry(_ datagram: ArraySlice<UInt8>) -> Entry {
        var rest = datagram
        var entry: Entry = [:]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if let separator = line.firstIndex(of: UInt8(ascii: "=")) {
                entry[text(line[..<separator])] = text(line[(separator + 1)...])
            } else {
                let count = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                entry[text(line)] = text(rest.dropFirst(8).prefix(count))
                rest = rest.dropFirst(8 + count + 1)
            }
        }
        return entry
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
