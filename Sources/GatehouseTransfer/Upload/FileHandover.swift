// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import Glibc

/// A caller's file on its way to an engine that reads it by itself, through a descriptor.
///
/// An open file has one offset, which all who hold its descriptors share: clamd sets it to 0. So the engine gets an open
/// file of its own where the daemon may open the same file again, by `/proc/self/fd` (proc(5)).
package struct FileHandover: Sendable {
    /// What the engine is given.
    package let file: PassedFile
    /// The size in bytes, as of ``open(file:user:readers:)``.
    package var size: Int64 { status.size }

    private let original: PassedFile
    private let status: FileStatus
    private let user: uid_t
    private let readers: ReaderThreads

    /// Looks at a caller's file, which has to be a regular one that is open for reading, and opens it again.
    ///
    /// Nil where that is not allowed and the caller's own offset is not 0: handing over the descriptor would move it.
    package static func open(
        file: PassedFile,
        user: uid_t,
        readers: ReaderThreads
    ) async throws(UploadSourceError) -> FileHandover? {
        let opened: Result<(FileStatus, PassedFile?), UploadSourceError>
        do {
            opened = try await readers.run(user: user) {
                FileAccess.status(file.number).map { status in
                    (status, reopen(file, status, user, readers) ?? (offset(file) == 0 ? file : nil))
                }
            }
        } catch {
            throw .cancelled
        }
        let (status, given) = try opened.get()
        guard let given else { return nil }
        return FileHandover(file: given, original: file, status: status, user: user, readers: readers)
    }

    /// Whether the file is still what it was, by its size and times.
    package func isUnchanged() async throws(UploadSourceError) -> Bool {
        let (original, user) = (original, user)
        do {
            return try await readers.run(user: user) { FileAccess.status(original.number) }.get() == status
        } catch let error as UploadSourceError {
            throw error
        } catch {
            throw .cancelled
        }
    }

    /// On a reader thread.
    private static func reopen(
        _ file: PassedFile,
        _ status: FileStatus,
        _ user: uid_t,
        _ readers: ReaderThreads
    ) -> PassedFile? {
        // It is a regular file; without waiting, since somebody may hold a lease on it.
        let number = Glibc.open("/proc/self/fd/\(file.number)", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard number >= 0 else { return nil }
        let opened = PassedFile(owning: number, user: user, readers: readers)
        guard case .success(let again) = FileAccess.status(number), again.inode == status.inode,
            again.device == status.device
        else { return nil }
        return opened
    }

    private static func offset(_ file: PassedFile) -> off_t {
        lseek(file.number, 0, Int32(SEEK_CUR))
    }
}
