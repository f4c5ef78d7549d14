// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CSystemd
import GatehousePlatform
import Glibc

/// Records as structured entries of systemd's journal (sd_journal_sendv(3)), as text elsewhere where it takes none.
struct JournalOutput: LogOutput {
    /// Sends the fields of one entry; a negated errno where it was not taken.
    typealias Send = @Sendable (_ fields: [[UInt8]]) -> Int32

    private let send: Send
    private var fallback: any LogOutput
    private var hasFailed = false

    init(send: @escaping Send = Self.sendToJournal, fallback: some LogOutput) {
        self.send = send
        self.fallback = fallback
    }

    mutating func write(_ records: [LogRecord]) -> Int {
        var lost = 0
        for record in records {
            let result = send(JournalFields(record).bytes)
            if result >= 0 {
                hasFailed = false
            } else {
                lost += fail(record, SystemError(code: -result, call: "sd_journal_sendv"))
            }
        }
        return lost
    }

    private mutating func fail(_ record: LogRecord, _ error: SystemError) -> Int {
        // Said once, until the journal has taken a record again.
        if !hasFailed { _ = fallback.write([.journalFails(error.description)]) }
        hasFailed = true
        return fallback.write([record])
    }

    // MARK: The journal

    /// Where journald(8) listens; sd_journal_sendv(3) reports success where this is missing.
    private static let socket = "/run/systemd/journal/socket"

    /// Waits for as long as journald reads nothing: this thread has nothing else to do.
    static let sendToJournal: Send = { fields in
        guard access(socket, F_OK) == 0 else { return -ENOENT }
        while true {
            let result = sendOnce(fields)
            guard result == -EAGAIN else { return result }
            usleep(100_000)
        }
    }

    private static func sendOnce(_ fields: [[UInt8]]) -> Int32 {
        // One buffer for all of them, so that every field has an address for as long as the call lasts.
        var all = Array(fields.joined())
        return all.withUnsafeMutableBytes { buffer -> Int32 in
            guard var next = buffer.baseAddress else { return 0 }
            let vectors = fields.map { field -> iovec in
                defer { next += field.count }
                return iovec(iov_base: next, iov_len: field.count)
            }
            return sd_journal_sendv(vectors, Int32(vectors.count))
        }
    }
}
