// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whether a descriptor is the journal, by `$JOURNAL_STREAM` (systemd.exec(5)).
enum JournalStream {
    /// Compares the variable's device and inode with those of the descriptor.
    ///
    /// It names the stream that systemd connected; whoever started us since may have put something else there.
    static func isConnected(to descriptor: Int32, _ environment: [String: String]) -> Bool {
        guard let parts = environment["JOURNAL_STREAM"]?.split(separator: ":", omittingEmptySubsequences: false),
            parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1])
        else { return false }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}
