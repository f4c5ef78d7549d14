// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// A system call that failed: which one, and its errno.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The errno, greater than 0 (errno(3)).
    package let code: Int32
    /// The name of the call, for the log.
    package let call: String

    /// Describes a failure by its errno.
    package init(code: Int32, call: String) {
        self.code = code
        self.call = call
    }

    /// The failure that `errno` holds right now.
    package static func current(_ call: String) -> SystemError {
        SystemError(code: errno, call: call)
    }

    /// The errno of a call that would have had to wait (EAGAIN, which is EWOULDBLOCK on Linux).
    package static let wouldBlock = EAGAIN

    /// The system's own sentence for the errno.
    package var reason: String {
        var buffer = [CChar](repeating: 0, count: 128)
        // POSIX's form of the call: the text always stands in the buffer, and no static text is shared between threads.
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// For example `connect: No such file or directory`.
    package var description: String { "\(call): \(reason)" }
}
