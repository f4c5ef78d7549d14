// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// An open folder and the names in it that are still to be visited, in the order of their bytes.
final class FolderListing {
    /// The folder's own path.
    let path: FilePath
    /// The open folder, for openat(2); owned here.
    let descriptor: Descriptor
    /// The names, the last one next.
    private var names: [[UInt8]]

    /// Opens and reads a folder.
    init(in folder: Int32, _ name: FilePath, path: FilePath, followingLinks: Bool) throws(LocalFault) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
        let number = openat(folder, name.terminated, flags)
        guard number >= 0 else { throw .unreadable(errno) }
        descriptor = Descriptor(owning: number)
        self.path = path
        names = []
        names = try Self.read(number)
    }

    /// Takes the next name.
    func next() -> [UInt8]? { names.popLast() }

    private static func read(_ folder: Int32) throws(LocalFault) -> [[UInt8]] {
        // closedir(3) closes the descriptor that it was given, so it gets one of its own.
        let copy = fcntl(folder, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw .unreadable(errno) }
        guard let stream = fdopendir(copy) else {
            let code = errno
            _ = close(copy)
            throw .unreadable(code)
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            // The end and a failure look alike but for errno (readdir(3)).
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .unreadable(errno) }
                break
            }
            let name = self.name(of: entry)
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
        return names.sorted { $1.lexicographicallyPrecedes($0) }
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        // Read in place: the array in the structure is only as long as its record says (readdir(3)).
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
        let start = UnsafeRawPointer(entry) + offset
        return Array(UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
    }
}
