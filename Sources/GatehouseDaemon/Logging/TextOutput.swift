// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Records as lines of text on a descriptor, which is borrowed.
struct TextOutput: LogOutput {
    /// write(2).
    typealias Write = @Sendable (Int32, UnsafeRawPointer, Int) -> Int

    let descriptor: Int32
    private let write: Write
    /// Whether a write ended within a line, as on a disk that was full: the next one begins with a line of its own.
    private var isWithinLine = false

    init(descriptor: Int32, write: @escaping Write = Glibc.write) {
        self.descriptor = descriptor
        self.write = write
    }

    mutating func write(_ records: [LogRecord]) -> Int {
        guard !records.isEmpty else { return 0 }
        var bytes: [UInt8] = isWithinLine ? [UInt8(ascii: "\n")] : []
        var ends: [Int] = []
        for record in records {
            bytes += TextLine.text(record).utf8
            bytes.append(UInt8(ascii: "\n"))
            ends.append(bytes.count)
        }
        let written = writeAll(bytes)
        if written > 0 { isWithinLine = bytes[written - 1] != UInt8(ascii: "\n") }
        return ends.count { $0 > written }
    }

    /// How many of the bytes went out.
    private func writeAll(_ bytes: [UInt8]) -> Int {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                return write(descriptor, base + start, buffer.count - start)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Whoever shares the pipe or terminal with us has made it non-blocking.
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&entry, 1, -1)
                continue
            }
            // Nobody reads the log any more, or it has no room; the daemon goes on without it.
            guard count > 0 else { return start }
            start += count
        }
        return start
    }
}
