// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Records as lines of text on a descriptor, which is borrowed.
struct TextOutput: LogOutput {
    let descriptor: Int32

    func write(_ records: [LogRecord]) -> Int {
        var bytes: [UInt8] = []
        for record in records {
            bytes += TextLine.text(record).utf8
            bytes.append(UInt8(ascii: "\n"))
        }
        guard !bytes.isEmpty else { return 0 }
        return writeAll(bytes) ? 0 : records.count
    }

    private func writeAll(_ bytes: [UInt8]) -> Bool {
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
            guard count > 0 else { return false }
            start += count
        }
        return true
    }
}
