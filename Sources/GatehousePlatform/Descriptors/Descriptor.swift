// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// A descriptor that this process owns: closed once, when its owner is gone.
///
/// A caller's file may hang in `close` (a dead NFS or FUSE server); such a descriptor is a ``PassedFile``, which only a
/// reader thread touches. This type is for our own sockets, pipes and files.
package struct Descriptor: ~Copyable, Sendable {
    /// The number that system calls take.
    ///
    /// It stays valid as long as this value lives.
    package let number: Int32

    /// Takes over an open descriptor; nobody else may close it from here on.
    package init(owning number: Int32) {
        self.number = number
    }

    deinit {
        // Never repeated: on Linux the number is free even where close(2) reports EINTR.
        _ = close(number)
    }

    /// A new file in a folder, open for writing, that has no name until linkat(2) gives it one.
    ///
    /// `folder` ends with a NUL. Throws EOPNOTSUPP or EISDIR where the file system or the kernel has no such files.
    package static func unnamedFile(in folder: [CChar]) throws(SystemError) -> Descriptor {
        let number = gatehouse_open_unnamed(folder)
        guard number >= 0 else { throw SystemError(code: -number, call: "open") }
        return Descriptor(owning: number)
    }

    /// Gives the descriptor away without closing it; the caller owns it then.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }
}
