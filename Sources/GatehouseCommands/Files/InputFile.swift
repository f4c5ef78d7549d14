// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Glibc

/// A regular file, open for reading.
package struct InputFile: ~Copyable {
    /// Never blocks on a pipe, never makes a terminal ours, never reaches a child.
    static let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC

    /// The open file.
    package let descriptor: Descriptor
    /// What it was when it was opened.
    package let status: Status

    /// Its size in bytes when it was opened.
    package var size: Int64 { status.size }

    /// Opens an entry of an open folder (or, with AT_FDCWD, any path).
    ///
    /// The sort is looked at before, since opening a device can have effects of its own, and again after, since the name
    /// may have changed hands in between.
    package init(in folder: Int32, _ path: FilePath, followingLinks: Bool) throws(LocalFault) {
        let name = path.terminated
        var status = stat()
        guard fstatat(folder, name, &status, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .unreadable(errno)
        }
        try Self.check(status)
        let number = openat(folder, name, Self.flags | (followingLinks ? 0 : O_NOFOLLOW))
        guard number >= 0 else { throw .unreadable(errno) }
        try self.init(checking: Descriptor(owning: number))
    }

    /// Takes over an open file if it is a regular one.
    init(checking descriptor: consuming Descriptor) throws(LocalFault) {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw .unreadable(errno) }
        try Self.check(status)
        self.status = Status(status)
        self.descriptor = descriptor
    }

    private static func check(_ status: stat) throws(LocalFault) {
        switch FileKind(mode: status.st_mode) {
        case .regular: return
        case .folder: throw .refused("it is a folder; scan what is in it with -r")
        case let kind: throw .refused("it is \(kind.description), not a file")
        }
    }
}
