// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Glibc

/// Reads small files of the administrator's: the configuration and the credentials.
package enum SmallFile {
    /// Why a file cannot be read.
    package enum Fault: Error, Equatable, Sendable {
        /// A system call failed.
        case system(SystemError)
        /// A folder, a pipe or a device.
        case notRegular
        /// Larger than the caller allows.
        case tooLarge(limit: Int)

        /// The reason, to stand behind "cannot be read".
        package var reason: String {
            switch self {
            case .system(let error): error.reason
            case .notRegular: "not a regular file"
            case .tooLarge(let limit): "larger than \(limit) bytes"
            }
        }
    }

    /// Lends the whole content of a regular file and its permission bits.
    ///
    /// The memory is overwritten afterwards. Symbolic links are followed: these paths come from the administrator.
    package static func read<Result>(
        _ path: String,
        limit: Int,
        _ body: (UnsafeRawBufferPointer, _ permissions: UInt32) -> Result
    ) throws(Fault) -> Result {
        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard number >= 0 else { throw .system(.current("open")) }
        let descriptor = Descriptor(owning: number)
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw .system(.current("fstat")) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        guard status.st_size <= limit else { throw .tooLarge(limit: limit) }
        // One byte more than allowed shows a file that has grown since.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: limit + 1, alignment: 1)
        var count = 0
        defer {
            if let base = memory.baseAddress { explicit_bzero(base, count) }
            memory.deallocate()
        }
        while count < memory.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: memory[count...])
            let got = Glibc.read(descriptor.number, rest.baseAddress, rest.count)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .system(.current("read")) }
            guard got > 0 else { break }
            count += got
        }
        guard count <= limit else { throw .tooLarge(limit: limit) }
        return body(UnsafeRawBufferPointer(rebasing: memory[..<count]), status.st_mode & 0o7777)
    }
}

extension SmallFile.Fault {
    /// Whether there is no such file.
    var isAbsent: Bool {
        guard case .system(let error) = self else { return false }
        return error.code == ENOENT
    }
}
