// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import Glibc

/// A descriptor that a caller passed to us: every system call on it, its close included, runs on a reader thread.
///
/// The file may be on a file system that hangs, of the caller's making. So the last reference may go on any thread:
/// it only puts the close into the line of the caller's jobs.
package final class PassedFile: Sendable {
    /// The number, for system calls on a reader thread only.
    ///
    /// It stays valid as long as this object lives.
    package let number: Int32

    private let user: uid_t
    private let readers: ReaderThreads

    /// Takes over an open descriptor that a process of that user passed; nobody else may close it from here on.
    package init(owning number: Int32, user: uid_t, readers: ReaderThreads) {
        self.number = number
        self.user = user
        self.readers = readers
        readers.holds(descriptorOf: user)
    }

    deinit {
        readers.submitClose(user: user, number)
    }
}
