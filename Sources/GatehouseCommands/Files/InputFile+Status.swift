// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import Glibc

extension InputFile {
    /// By what a file is known again, and its content taken to be the same (stat(2)).
    package struct Status: Hashable, Sendable {
        package var device: UInt64
        package var inode: UInt64
        /// In bytes.
        package var size: Int64
        /// Nanoseconds since 1970.
        package var modified: Int64
        /// Nanoseconds since 1970; unlike `modified`, nobody can set it.
        package var changed: Int64

        /// Puts one together.
        package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
            self.device = device
            self.inode = inode
            self.size = size
            self.modified = modified
            self.changed = changed
        }

        /// What the kernel reports.
        package init(_ status: stat) {
            self.init(
                device: UInt64(status.st_dev),
                inode: UInt64(status.st_ino),
                size: Int64(status.st_size),
                modified: Self.nanoseconds(status.st_mtim),
                changed: Self.nanoseconds(status.st_ctim)
            )
        }

        /// A file system may report any time: the sum wraps instead of trapping, which is good enough to compare.
        private static func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        }
    }
}
