// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A file that gets its name once it is whole: until then an end of the program, whatever the cause, leaves nothing.
///
/// Where the file system has no files without a name (open(2), O_TMPFILE), it has its name from the start, and loses it
/// with ``discard()``.
struct NewFile: ~Copyable {
    /// Open for writing.
    let descriptor: Descriptor
    private let path: FilePath
    private let isNamed: Bool

    /// Makes the file for this user alone; one that has the name is somebody's, and an error.
    init(at path: FilePath) throws(SystemError) {
        self.path = path
        var status = stat()
        guard lstat(path.terminated, &status) != 0 else { throw SystemError(code: EEXIST, call: "open") }
        if let unnamed = try? Descriptor.unnamedFile(in: path.folder.terminated),
            access(Self.link(to: unnamed.number), F_OK) == 0
        {
            descriptor = unnamed
            isNamed = false
            return
        }
        let named = open(path.terminated, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC, 0o600)
        guard named >= 0 else { throw SystemError.current("open") }
        descriptor = Descriptor(owning: named)
        isNamed = true
    }

    /// Gives it its name, unless somebody has taken it meanwhile.
    func keep() throws(SystemError) {
        guard !isNamed else { return }
        let source = Self.link(to: descriptor.number)
        guard linkat(AT_FDCWD, source, AT_FDCWD, path.terminated, AT_SYMLINK_FOLLOW) == 0 else {
            throw SystemError.current("linkat")
        }
    }

    /// What needs no privilege (open(2)), but a mounted /proc; AT_EMPTY_PATH does.
    private static func link(to number: Int32) -> String { "/proc/self/fd/\(number)" }

    /// Leaves nothing of it.
    func discard() {
        if isNamed { unlink(path.terminated) }
    }
}

extension FilePath {
    /// The folder in which it is.
    fileprivate var folder: FilePath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return FilePath(bytes: [UInt8(ascii: ".")]) }
        return FilePath(bytes: Array(bytes[...slash]))
    }
}
