// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

/// Runs the built `gatehouse`, which lies next to the test bundle.
struct Program {
    /// What is on standard input.
    enum Input {
        case nothing
        /// A pipe that brings these bytes.
        case pipe([UInt8])
        /// An open file.
        case file(Int32)
    }

    /// How it ended.
    struct Result {
        /// The exit code; a negated signal number where one ended it.
        let status: Int32
        let output: [UInt8]
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    var environment: [String: String] = [:]
    var input = Input.nothing
    /// Where standard output goes; nil reads it.
    var output: Int32?
    /// Where standard error goes; nil reads it.
    var errors: Int32?
    /// Which of 0, 1 and 2 it has not.
    var closed: [Int32] = []
    /// Where it works; nil is the folder of the test.
    var folder: String?
    /// How many descriptors it may have open.
    var descriptorLimit: Int?
    /// Whether it may not make any file larger.
    var mayNotWriteFiles = false

    func run(_ arguments: String...) throws -> Result {
        try run(bytes: arguments.map { Array($0.utf8) })
    }

    func run(bytes arguments: [[UInt8]]) throws -> Result {
        let (child, pipes) = try Self.starting.withLock { _ in try start(arguments) }
        pipes.feed(input)
        let (output, errors) = pipes.readAll()
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return Result(
            status: signal == 0 ? status >> 8 & 0xFF : -signal,
            output: output,
            errors: String(decoding: errors, as: UTF8.self)
        )
    }

    /// Between making a pipe and marking it close-on-exec nobody else may start a process.
    private static let starting = Locked(0)

    private func start(_ arguments: [[UInt8]]) throws(SystemError) -> (pid_t, Pipes) {
        let pipes = try Pipes()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if case .file(let file) = input {
            posix_spawn_file_actions_adddup2(&actions, file, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, pipes.input.reader, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output ?? pipes.output.writer, 1)
        posix_spawn_file_actions_adddup2(&actions, errors ?? pipes.errors.writer, 2)
        for number in closed { posix_spawn_file_actions_addclose(&actions, number) }
        var words = (starter + [Self.path] + arguments).map { Self.copy($0) } + [nil]
        let base = ["PATH": "/usr/bin:/bin", "TERM": "dumb"]
        var variables = base.merging(environment) { $1 }.map { Self.copy(Array("\($0)=\($1)".utf8)) } + [nil]
        defer { for word in words + variables { free(word) } }
        var child: pid_t = 0
        let path = (starter.first ?? Self.path).map { CChar(bitPattern: $0) } + [0]
        let code = posix_spawn(&child, path, &actions, nil, &words, &variables)
        guard code == 0 else { throw SystemError(code: code, call: "posix_spawn") }
        pipes.closeChildEnds()
        return (child, pipes)
    }

    /// What starts the program with a limit, or in a folder.
    private var starter: [[UInt8]] {
        var script: [String] = []
        if let descriptorLimit { script.append("ulimit -n \(descriptorLimit)") }
        if mayNotWriteFiles { script.append("ulimit -f 0") }
        if folder != nil { script.append("cd \"$0\"") }
        guard !script.isEmpty else { return [] }
        script.append("exec \"$@\"")
        return ["/bin/sh", "-c", script.joined(separator: " && "), folder ?? ""].map { Array($0.utf8) }
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
        let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
        return strdup(terminated)
    }

    private static var path: [UInt8] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        let folder = path.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? []
        return Array(folder) + Array("gatehouse".utf8)
    }
}

/// The three pipes of a child.
private struct Pipes {
    struct Pair {
        let reader: Int32
        let writer: Int32
    }

    let input: Pair
    let output: Pair
    let errors: Pair

    init() throws(SystemError) {
        input = try Self.make()
        output = try Self.make()
        errors = try Self.make()
    }

    private static func make() throws(SystemError) -> Pair {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .current("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return Pair(reader: ends[0], writer: ends[1])
    }

    func closeChildEnds() {
        for end in [input.reader, output.writer, errors.writer] { _ = close(end) }
    }

    /// Writes less than a pipe holds, so that it does not wait.
    func feed(_ source: Program.Input) {
        if case .pipe(let bytes) = source { _ = write(input.writer, bytes, bytes.count) }
        _ = close(input.writer)
    }

    func readAll() -> (output: [UInt8], errors: [UInt8]) {
        var collected: [[UInt8]] = [[], []]
        var entries = [output.reader, errors.reader].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while entries.contains(where: { $0.fd >= 0 }) {
            _ = poll(&entries, 2, -1)
            for index in entries.indices where entries[index].fd >= 0 && entries[index].revents != 0 {
                let count = read(entries[index].fd, &chunk, chunk.count)
                collected[index] += chunk.prefix(max(0, count))
                guard count <= 0 else { continue }
                _ = close(entries[index].fd)
                entries[index].fd = -1
            }
        }
        return (collected[0], collected[1])
    }
}
