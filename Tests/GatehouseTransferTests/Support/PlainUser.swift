// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc

/// Whoever uses a ``TLSStream`` as a plain socket: waits, and sends and reads everything.
struct PlainUser: ~Copyable {
    let socket: Descriptor
    /// How the last reading or sending ended, where it was not the end of the stream.
    private(set) var failure: Int32?

    init(_ stream: TLSStream) throws {
        guard let socket = stream.takeSocket() else { throw SystemError(code: EBADF, call: "takeSocket") }
        self.socket = socket
    }

    /// How many bytes were taken before there was an error, or no room for so many milliseconds.
    mutating func send(_ bytes: [UInt8], patience: Int32 = 30_000) -> Int {
        var sent = 0
        while sent < bytes.count {
            guard wait(POLLOUT, patience) else { break }
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket.number, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                guard errno != EAGAIN else { continue }
                failure = errno
                break
            }
            sent += count
        }
        return sent
    }

    /// All up to the end, or up to a mark.
    mutating func read(until mark: String? = nil) -> String {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while mark.map({ !all.suffix(4096).ends(with: Array($0.utf8)) }) ?? true {
            guard wait(POLLIN) else { break }
            let count = recv(socket.number, &chunk, chunk.count, 0)
            if count < 0, errno == EAGAIN { continue }
            if count < 0 { failure = errno }
            guard count > 0 else { break }
            all += chunk.prefix(count)
        }
        return String(decoding: all, as: UTF8.self)
    }

    private func wait(_ events: Int32, _ patience: Int32 = 30_000) -> Bool {
        var entry = pollfd(fd: socket.number, events: Int16(events), revents: 0)
        return poll(&entry, 1, patience) > 0
    }
}

extension Collection where Element == UInt8 {
    fileprivate func ends(with other: [UInt8]) -> Bool {
        count >= other.count && suffix(other.count).elementsEqual(other)
    }
}

/// How many threads of this process have that name.
func threads(named name: String) -> Int {
    guard let folder = opendir("/proc/self/task") else { return -1 }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
        let number = withUnsafeBytes(of: entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let file = open("/proc/self/task/\(number)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { continue }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 32)
        let length = read(file, &text, text.count)
        if String(decoding: text.prefix(max(0, length)), as: UTF8.self) == name + "\n" { count += 1 }
    }
    return count
}
