// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The few file operations of the start, all for the owner alone.
enum Files {
    /// Makes a folder with mode 0700, its parents too, and takes an existing one as it is.
    static func makeDirectory(_ path: String) throws(StartError) {
        guard mkdir(path, 0o700) != 0 else { return }
        switch errno {
        case EEXIST:
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw StartError("\(path) exists and is no folder")
            }
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
                throw StartError.system("cannot make \(path)")
            }
            try makeDirectory(String(path[..<slash]))
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw StartError.system("cannot make \(path)") }
        default: throw StartError.system("cannot make \(path)")
        }
    }

    /// Makes a folder as above, and sees to it that an existing one is the owner's alone.
    static func makePrivateDirectory(_ path: String) throws(StartError) {
        try makeDirectory(path)
        guard chmod(path, 0o700) == 0 else { throw StartError.system("cannot make \(path) private") }
    }

    /// Takes a folder for this process until it ends; where locks are not to be had, it goes without.
    static func lock(_ directory: String) throws(StartError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StartError.system("cannot open \(directory)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
        guard errno != EWOULDBLOCK else { throw StartError("another lab uses \(directory)") }
        close(descriptor)
    }

    /// Refuses a closed standard output, and fills the other two, since the next open file would get their numbers.
    static func requireStandardStreams() throws(StartError) {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            guard descriptor != STDOUT_FILENO else { throw StartError("standard output is closed") }
            guard open("/dev/null", O_RDWR) == descriptor else { throw StartError.system("cannot open /dev/null") }
        }
    }

    /// The absolute path of an existing file without symbolic links.
    static func absolute(_ path: String) throws(StartError) -> String {
        guard let resolved = realpath(path, nil) else { throw StartError.system("cannot open \(path)") }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Writes a file with mode 0600 in place of what was there.
    static func write(_ text: String, to path: String) throws(StartError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw StartError.system("cannot replace \(path)") }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StartError.system("cannot write \(path)") }
        defer { close(descriptor) }
        guard writeAll(Array(text.utf8), to: descriptor) else { throw StartError.system("cannot write \(path)") }
    }

    /// Writes every byte, or says no with `errno` set.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
