// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// An open regular file of the share; its calls block and belong on a thread pool.
final class SharedFile: Sendable {
    private let descriptor: Int32

    /// Opens a file that truly lies under the folder, symbolic links followed; nil for any reason.
    init?(_ path: String, under directory: String) {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        guard String(cString: resolved).hasPrefix(directory + "/") else { return nil }
        descriptor = open(resolved, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
    }

    deinit {
        close(descriptor)
    }

    /// The next bytes, empty at the end, nil on an error.
    func next() -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 256 * 1024) { buffer, count in
            var got = read(descriptor, buffer.baseAddress, buffer.count)
            while got < 0, errno == EINTR { got = read(descriptor, buffer.baseAddress, buffer.count) }
            failed = got < 0
            count = max(0, got)
        }
        return failed ? nil : bytes
    }
}
