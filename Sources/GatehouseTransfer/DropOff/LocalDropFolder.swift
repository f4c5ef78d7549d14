// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Glibc

/// A folder of this host, for example where a share is mounted, which may hang: reader threads alone touch it.
package struct LocalDropFolder: DropFolder {
    private let path: String
    private let writers: ReaderThreads
    /// For what is done when nobody writes: a folder that hangs keeps nothing else waiting.
    private let own: ReaderThreads

    /// The administrator's path; symbolic links in it are followed.
    ///
    /// Files are written on the threads of `writers`, as their users' jobs.
    package init(path: String, writers: ReaderThreads) {
        self.path = path
        self.writers = writers
        // Where no thread can be started, those that there are do.
        own = (try? ReaderThreads(perUser: 4, total: 4)) ?? writers
    }

    package func drop(as name: DropName) -> any Drop {
        LocalDrop(folder: path, name: name, writers: writers, own: own)
    }

    package func removeLeftovers(before time: Int64) async throws(DropError) -> Int {
        let path = path
        do {
            return try await own.run(user: ReaderThreads.ownJobs) { Self.removeLeftovers(path, before: time) }.get()
        } catch let error as DropError {
            throw error
        } catch {
            throw DropError.cancelled
        }
    }

    private static func removeLeftovers(_ path: String, before time: Int64) -> Result<Int, DropError> {
        let number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return .failure(DropError(.current("open"))) }
        guard let stream = fdopendir(number) else {
            let error = SystemError.current("fdopendir")
            _ = close(number)
            return .failure(DropError(error))
        }
        defer { closedir(stream) }
        var removed = 0
        while true {
            // The end and a failure look alike but for errno (readdir(3)).
            errno = 0
            guard let entry = readdir(stream) else {
                return errno == 0 ? .success(removed) : .failure(DropError(.current("readdir")))
            }
            let name = self.name(of: entry)
            guard DropName.isOurs(name.dropLast().map { UInt8(bitPattern: $0) }) else { continue }
            var status = stat()
            guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mtim.tv_sec < time else {
                continue
            }
            if unlinkat(number, name, 0) == 0 { removed += 1 }
        }
    }

    /// With its NUL.
    private static func name(of entry: UnsafeMutablePointer<dirent>) -> [CChar] {
        // Read in place: the array in the structure is only as long as its record says (readdir(3)).
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [0] }
        let start = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
        return Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
    }
}
