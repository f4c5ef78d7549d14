// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc
import Logging
import Testing

@testable import GatehouseDaemon

/// A file on a disk that has room for so many bytes.
private final class Disk: Sendable {
    let room: Locked<Int>
    let text = Locked<String>("")

    init(room: Int) {
        self.room = Locked(room)
    }

    func write(_ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        let taken = room.withLock { room in
            let taken = min(room, count)
            room -= taken
            return taken
        }
        guard taken > 0 else {
            errno = ENOSPC
            return -1
        }
        text.withLock { $0 += String(decoding: UnsafeRawBufferPointer(start: bytes, count: taken), as: UTF8.self) }
        return taken
    }
}

@Suite struct TextOutputTests {
    // The record of one call and that of another were one line: whoever reads line by line took the second for a part of the
    // first.
    @Test func `after a write that was cut the next record begins a line`() {
        // Room for "notice: one" and an LF, and for a part of the next.
        let disk = Disk(room: 12 + 7)
        var output = TextOutput(descriptor: -1) { _, bytes, count in disk.write(bytes, count) }
        func message(_ text: String) -> LogRecord { .message(.notice, text, [:]) }
        #expect(output.write([message("one"), message("two"), message("three")]) == 2)
        #expect(output.write([message("four")]) == 1)
        disk.room.withLock { $0 = 1000 }
        #expect(output.write([message("five")]) == 0)
        #expect(output.write([message("six")]) == 0)
        #expect(disk.text.withLock { $0 } == "notice: one\nnotice:\nnotice: five\nnotice: six\n")
    }
}
