// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Glibc

/// The system calls on a caller's file that is written; they may hang, so reader threads alone make them.
package struct FileWriter: Sendable {
    /// Writes all of it at an offset.
    package var write: @Sendable (UnsafeRawBufferPointer, Int64) -> SystemError?
    /// Whether it is an empty regular file that is open for writing; nil when it is.
    package var check: @Sendable () -> DownloadError?
    /// Makes it empty again; the error where that fails.
    package var truncate: @Sendable () -> SystemError?

    /// Functions that stand for a file.
    package init(
        write: @escaping @Sendable (UnsafeRawBufferPointer, Int64) -> SystemError?,
        check: @escaping @Sendable () -> DownloadError?,
        truncate: @escaping @Sendable () -> SystemError?
    ) {
        self.write = write
        self.check = check
        self.truncate = truncate
    }

    /// The calls on a passed descriptor; its file offset is neither used nor moved.
    package init(_ file: PassedFile) {
        self.init(
            write: { bytes, offset in Self.write(file.number, bytes, offset) },
            check: { Self.check(file.number) },
            truncate: { Self.truncate(file.number) }
        )
    }

    static func write(_ number: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: Int64) -> SystemError? {
        guard let base = bytes.baseAddress else { return nil }
        var written = 0
        while written < bytes.count {
            let count = pwrite(number, base + written, bytes.count - written, off_t(offset) + written)
            if count < 0 {
                if errno == EINTR { continue }
                return .current("pwrite")
            }
            guard count > 0 else { return SystemError(code: EIO, call: "pwrite") }
            written += count
        }
        return nil
    }

    private static func truncate(_ number: Int32) -> SystemError? {
        while ftruncate(number, 0) != 0 {
            if errno != EINTR { return .current("ftruncate") }
        }
        return nil
    }

    private static func check(_ number: Int32) -> DownloadError? {
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0 else { return .writeFailed(.current("fcntl")) }
        // What is appended would not stand where it belongs.
        let mode = flags & O_ACCMODE
        guard flags & pathOnly == 0, flags & O_APPEND == 0, mode == O_WRONLY || mode == O_RDWR else {
            return .notWritable
        }
        var status = stat()
        guard fstat(number, &status) == 0 else { return .writeFailed(.current("fstat")) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .notRegularFile }
        return status.st_size == 0 ? nil : .notEmpty
    }
}

/// A file that cannot be written, or not any more.
package enum DownloadError: Error, Sendable, Equatable, CustomStringConvertible {
    case notRegularFile
    /// The descriptor is not open for writing (O_RDONLY, O_PATH), or for appending only.
    case notWritable
    /// It holds something already.
    case notEmpty
    /// fcntl(2), fstat(2) or pwrite(2) failed.
    case writeFailed(SystemError)
    case outOfMemory
    /// The task was cancelled.
    case cancelled

    /// One sentence for anyone.
    package var description: String {
        switch self {
        case .notRegularFile: "not a regular file"
        case .notWritable: "the file is not open for writing, or for appending only"
        case .notEmpty: "the file is not empty"
        case .writeFailed(let error): "the file cannot be written: \(error.reason)"
        case .outOfMemory: "memory is short"
        case .cancelled: "the request was cancelled"
        }
    }
}
