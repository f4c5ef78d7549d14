// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import Glibc

/// A folder that an engine reads, and in which files are left for it.
package protocol DropFolder: Sendable {
    /// The place for one file; nothing happens yet.
    func drop(as name: DropName) -> any Drop

    /// Removes files of our own pattern that were last written before a time (Unix seconds); returns how many.
    func removeLeftovers(before time: Int64) async throws(DropError) -> Int

    /// Whether the folder's server refused the last login.
    var isLoginRefused: Bool { get }
}

extension DropFolder {
    /// There is no login.
    package var isLoginRefused: Bool { false }
}

/// One file that is left for an engine.
package protocol Drop: Sendable {
    /// Writes all of the upload under the unfinished name, makes sure that it is there, and gives it its name.
    ///
    /// A cancelled task gets its error at once. `user` is whose threads are used, until `deadline` at most.
    func put(_ source: UploadSource, user: uid_t, until deadline: Instant) async throws(DropError)

    /// Whether what ``put(_:user:until:)`` has written still stands under its name, as it was written.
    ///
    /// Others may write into the folder: what the engine has read is another file where it does not.
    func isUntouched() async throws(DropError) -> Bool

    /// Removes what ``put(_:user:until:)`` has left, be it finished, failed or under way.
    ///
    /// It takes as long as it has to, within bounds of its own, and does not mind a cancelled task.
    func remove() async throws(DropError)
}

/// A file that could not be left for an engine, or not be taken away.
package struct DropError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong; a closed set.
    package enum Code: Sendable, Equatable {
        /// The caller's file failed.
        case source(UploadSourceError)
        case cancelled
        /// The folder is not there or does not allow it: somebody has to change something.
        case refused
        /// The folder's disk or server failed, or is full.
        case failed
        case unreachable
        /// The server is not the one with the pinned key.
        case notTrusted
        case wrongCredentials
        case timedOut
        /// Gatehouse itself is at a limit.
        case unavailable
    }

    /// What went wrong.
    package let code: Code
    /// One sentence for anyone: no path, no name of a file, no secret.
    package let message: String

    /// Describes a failure.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Nobody wants the file there any more.
    static let cancelled = DropError(.cancelled, "cancelled")

    /// A system call on the folder that failed.
    init(_ error: SystemError) {
        let code: Code =
            switch error.code {
            case EACCES, EPERM, EROFS, ENOENT, ENOTDIR, ELOOP, EEXIST, EISDIR: .refused
            case EMFILE, ENFILE, ENOMEM: .unavailable
            default: .failed
            }
        self.init(code, "the folder for large files: \(error.reason)")
    }

    /// The message.
    package var description: String { message }
}
