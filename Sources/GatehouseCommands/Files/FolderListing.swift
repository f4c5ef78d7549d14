// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// An open folder and the names in it that are still to be visited.
///
/// So many names at a time are read and put into the order of their bytes: no folder is too large for the memory.
package final class FolderListing {
    /// How many names are read at once: some megabytes.
    package static let namesAtOnce = 65_536

    /// The folder's own path.
    let path: FilePath
    /// The open folder, for openat(2); owned here.
    let descriptor: Descriptor
    /// What was read, the last name next.
    private var names: [[UInt8]] = []
    /// What is left to read; owned here, nil at the end.
    private var stream: OpaquePointer?
    private let namesAtOnce: Int

    /// Opens a folder.
    package init(
        in folder: Int32,
        _ name: FilePath,
        path: FilePath,
        followingLinks: Bool,
        namesAtOnce: Int = FolderListing.namesAtOnce
    ) throws(LocalFault) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
        let number = openat(folder, name.terminated, flags)
        guard number >= 0 else { throw .unreadable(errno) }
        descriptor = Descriptor(owning: number)
        self.path = path
        self.namesAtOnce = namesAtOnce
        stream = try Self.stream(of: number)
    }

    deinit { close() }

    /// Takes the next name; nil at the end.
    ///
    /// After a failure what was read before it comes, then the end.
    package func next() throws(LocalFault) -> [UInt8]? {
        if names.isEmpty { try read() }
        return names.popLast()
    }

    private static func stream(of folder: Int32) throws(LocalFault) -> OpaquePointer {
        // closedir(3) closes the descriptor that it was given, so it gets one of its own.
        let copy = fcntl(folder, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw .unreadable(errno) }
        guard let stream = fdopendir(copy) else {
            let code = errno
            _ = Glibc.close(copy)
            throw .unreadable(code)
        }
        return stream
    }

    private func close() {
        if let stream { closedir(stream) }
        stream = nil
    }

    private func read() throws(LocalFault) {
        guard let stream else { return }
        // Also what was read before a failure.
        defer { names.sort { $1.lexicographicallyPrecedes($0) } }
        while names.count < namesAtOnce {
            // The end and a failure look alike but for errno (readdir(3)).
            errno = 0
            guard let entry = readdir(stream) else {
                let code = errno
                close()
                guard code == 0 else { throw .unreadable(code) }
                break
            }
            let name = Self.name(of: entry)
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        // Read in place: the array in the structure is only as long as its record says (readdir(3)).
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
        let start = UnsafeRawPointer(entry) + offset
        return Array(UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
    }
}
