// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// What is scanned, kept until its scan is answered, since a daemon that restarts needs it once more: an open file, or
/// the path of one that the engine reads itself.
package final class HeldFile {
    /// The path as it was named or found.
    package let path: FilePath
    /// The open file, owned here; nil where the engine reads it.
    private let file: InputFile?
    /// What it was when it was opened; nil where the engine reads it.
    let status: InputFile.Status?
    /// When that was, in nanoseconds since 1970.
    let openedAt: Int64

    /// Takes over an open file.
    package init(_ path: FilePath, _ file: consuming InputFile) {
        self.path = path
        status = file.status
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        openedAt = Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
        self.file = consume file
    }

    /// Names a file of a shared folder.
    package init(shared path: FilePath) {
        self.path = path
        file = nil
        status = nil
        openedAt = 0
    }

    /// Its size in bytes when it was opened; 0 where the engine reads it.
    package var size: Int64 { status?.size ?? 0 }

    /// What goes with its request.
    var descriptors: [Int32] {
        switch file {
        case .some(let file): [file.descriptor.number]
        case nil: []
        }
    }
}
