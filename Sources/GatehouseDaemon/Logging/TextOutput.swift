// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Records as lines of text on a descriptor, which is borrowed.
struct TextOutput: LogOutput {
    let descriptor: Int32
    /// Whether the last line was cut, by a disk that was full for example: the next one must not go on with it.
    private var isCut = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    mutating func write(_ records: [LogRecord]) -> Int {
        guard !records.isEmpty else { return 0 }
        var bytes: [UInt8] = isCut ? [UInt8(ascii: "\n")] : []
        let ends = records.map { record in
            bytes += TextLine.text(record).utf8
            bytes.append(UInt8(ascii: "\n"))
            return bytes.count
        }
        let written = writeAll(bytes)
        if written > 0 { isCut = bytes[written - 1] != UInt8(ascii: "\n") }
        return ends.count { $0 > written }
    }

    /// How many of them were written.
    private func writeAll(_ bytes: [UInt8]) -> Int {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                return Glibc.write(descriptor, base + start, buffer.count - start)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Whoever shares the pipe or terminal with us has made it non-blocking.
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&entry, 1, -1)
                continue
            }
            // Nobody reads the log any more; the daemon goes on without it.
            guard count > 0 else { break }
            start += count
        }
        return start
    }
}
