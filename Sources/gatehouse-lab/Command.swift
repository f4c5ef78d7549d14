// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Runs a program to its end, without a shell.
enum Command {
    /// Runs a program found along PATH; what it says goes to a file, which is shown when it fails.
    static func run(_ arguments: [String], output: String) throws(StartError) {
        let program = arguments[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)

        // This process blocks the signals that end it; its children must not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { argv.forEach { free($0) } }
        argv.append(nil)
        var child: pid_t = 0
        let failure = posix_spawnp(&child, program, &actions, &attributes, argv, environ)
        guard failure == 0 else {
            if failure == ENOENT { throw StartError("\(program) is not installed; install the package '\(program)'") }
            throw StartError("cannot start \(program): \(String(cString: strerror(failure)))")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw StartError.system("cannot wait for \(program)") }
        }
        guard status == 0 else {
            throw StartError("'\(arguments.prefix(2).joined(separator: " "))' failed:\n\(firstLines(of: output))")
        }
    }

    /// The beginning of a text file, empty where it cannot be read.
    static func firstLines(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
