// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Glibc

/// What identifies a file's content without reading it (stat(2)).
package struct FileStatus: Sendable, Equatable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    /// Nanoseconds since 1970.
    package var modified: Int64
    /// Nanoseconds since 1970.
    package var changed: Int64

    /// What fstat(2) reported, or that no size is known.
    package init(device: UInt64 = 0, inode: UInt64 = 0, size: Int64, modified: Int64 = 0, changed: Int64 = 0) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }
}

/// The system calls on a file that is sent; they may hang, so reader threads alone make them.
package struct FileAccess: Sendable {
    /// Reads at an offset, fewer bytes than asked for only at the end.
    package var read: @Sendable (UnsafeMutableRawBufferPointer, Int64) -> Result<Int, SystemError>
    /// The file's status now.
    package var status: @Sendable () -> Result<FileStatus, UploadSourceError>

    /// Two functions that stand for a file.
    package init(
        read: @escaping @Sendable (UnsafeMutableRawBufferPointer, Int64) -> Result<Int, SystemError>,
        status: @escaping @Sendable () -> Result<FileStatus, UploadSourceError>
    ) {
        self.read = read
        self.status = status
    }

    /// The calls on a passed descriptor; its file offset is neither used nor moved.
    package init(_ file: PassedFile) {
        self.init(
            read: { buffer, offset in Self.read(file.number, buffer, offset) },
            status: { Self.status(file.number) }
        )
    }

    private static func read(
        _ descriptor: Int32,
        _ buffer: UnsafeMutableRawBufferPointer,
        _ offset: Int64
    ) -> Result<Int, SystemError> {
        guard let base = buffer.baseAddress else { return .success(0) }
        var filled = 0
        while filled < buffer.count {
            let count = pread(descriptor, base + filled, buffer.count - filled, off_t(offset) + filled)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                guard errno == EINVAL else { return .failure(.current("pread")) }
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                return UnbufferedFile(descriptor: descriptor).read(rest, offset + Int64(filled)).map { filled + $0 }
            }
            filled += count
        }
        return .success(filled)
    }

    static func status(_ descriptor: Int32) -> Result<FileStatus, UploadSourceError> {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0 else { return .failure(.readFailed(.current("fcntl"))) }
        // What is open by its path alone has the access mode of O_RDONLY.
        guard flags & pathOnly == 0, flags & O_ACCMODE != O_WRONLY, flags & O_ACCMODE != O_ACCMODE else {
            return .failure(.notReadable)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failure(.readFailed(.current("fstat"))) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .failure(.notRegularFile(kind(status.st_mode))) }
        return .success(
            FileStatus(
                device: UInt64(status.st_dev),
                inode: UInt64(status.st_ino),
                size: Int64(status.st_size),
                modified: nanoseconds(status.st_mtim),
                changed: nanoseconds(status.st_ctim)
            )
        )
    }

    private static func kind(_ mode: mode_t) -> UploadSourceError.Kind {
        switch mode & S_IFMT {
        case S_IFDIR: .directory
        case S_IFIFO: .pipe
        case S_IFSOCK: .socket
        case S_IFCHR: .characterDevice
        case S_IFBLK: .blockDevice
        default: .other
        }
    }

    /// A file system may report any time: the sum wraps instead of trapping, which is good enough to compare.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// O_PATH (open(2)), whose name glibc hides without _GNU_SOURCE.
let pathOnly: Int32 = 0o10000000
