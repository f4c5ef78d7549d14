// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// The descriptors 0, 1 and 2 of this process.
package enum StandardStreams {
    /// Occupies each of them that is closed, so that nothing else gets its number.
    ///
    /// A program may be started without them (execve(2) passes on what is open). Its next file or connection would take
    /// the free number, and what is meant for standard output would go there. In their place stands `/dev/null`, open
    /// in the direction in which nobody uses it: a use fails with EBADF, as that of a closed descriptor does.
    ///
    /// To be called before anything else opens a descriptor. Throws where `/dev/null` cannot be opened.
    package static func occupyClosed() throws(SystemError) {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 && errno == EBADF {
            // The lowest free number, and those below it are taken.
            guard open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) >= 0 else {
                throw .current("open /dev/null")
            }
        }
    }
}
