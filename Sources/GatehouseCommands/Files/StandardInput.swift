// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// Standard input as a file that can be passed on.
package enum StandardInput {
    /// A copy of standard input where that is a regular file, else a temporary file with all that it brings.
    ///
    /// The daemon reads any file from its first byte, wherever this process's position in it is.
    package static func open() throws(LocalFault) -> InputFile {
        var status = stat()
        guard fstat(STDIN_FILENO, &status) == 0 else { throw .unreadable(errno) }
        switch FileKind(mode: status.st_mode) {
        case .regular:
            let number = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
            guard number >= 0 else { throw .unreadable(errno) }
            return try InputFile(checking: Descriptor(owning: number))
        case .folder: throw .refused("it is a folder")
        default: return try InputFile(checking: try spool())
        }
    }

    private static func spool() throws(LocalFault) -> Descriptor {
        let file = try temporaryFile()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 * 1024, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            if count == 0 { return file }
            if count < 0 {
                try recover(errno)
                continue
            }
            try write(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)), to: file.number)
        }
    }

    /// Waits where standard input was left non-blocking by whoever made it.
    private static func recover(_ code: Int32) throws(LocalFault) {
        switch code {
        case EINTR: return
        case EAGAIN:
            var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, -1)
        default: throw .unreadable(code)
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws(LocalFault) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count >= 0 { written += count } else if errno != EINTR { throw spoolFault(errno) }
        }
    }

    /// A file without a name in $TMPDIR, else in /tmp.
    private static func temporaryFile() throws(LocalFault) -> Descriptor {
        let folder = temporaryFolder
        // The value on every architecture that Swift for Linux runs on; glibc shows it only to GNU sources.
        let unnamed = 0o20000000 | O_DIRECTORY
        let number = openat(AT_FDCWD, folder.terminated, unnamed | O_RDWR | O_CLOEXEC, 0o600)
        if number >= 0 { return Descriptor(owning: number) }
        // Not every file system knows files without a name; this one has its name for a moment.
        var template = folder.appending(Array("gatehouse-XXXXXX".utf8)).terminated
        let named = mkstemp(&template)
        guard named >= 0 else { throw spoolFault(errno) }
        _ = fcntl(named, F_SETFD, FD_CLOEXEC)
        _ = unlink(template)
        return Descriptor(owning: named)
    }

    private static var temporaryFolder: FilePath {
        guard let value = getenv("TMPDIR"), strlen(value) > 0 else { return FilePath(bytes: Array("/tmp".utf8)) }
        return FilePath(bytes: Array(UnsafeRawBufferPointer(start: value, count: strlen(value))))
    }

    private static func spoolFault(_ code: Int32) -> LocalFault {
        let folder = VisibleText.of(temporaryFolder.bytes)
        let reason = SystemError(code: code, call: "write").reason
        return .unreadable(
            "a temporary copy of standard input in \(folder): \(reason); another folder can be set in TMPDIR"
        )
    }
}
