// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A built program that runs beside a test, and ends with it.
final class ChildProgram: Sendable {
    let process: pid_t
    /// Where its standard error goes.
    let errorLog: String
    private let output: Descriptor
    private let status = Locked<Int32?>(nil)

    /// Starts a program with exactly these variables, with `input` or nothing on standard input, and with `passed`
    /// descriptors as its numbers 3 and up; of 0, 1 and 2 it has not those in `closed`.
    init(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        errorLog: String,
        input: Int32? = nil,
        passed: [Int32] = [],
        closed: [Int32] = []
    ) throws(SystemError) {
        self.errorLog = errorLog
        let pipe = try Pipe()
        output = Descriptor(owning: pipe.reader)
        let writer = Descriptor(owning: pipe.writer)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, writer.number, 1)
        posix_spawn_file_actions_addopen(&actions, 2, errorLog, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        for number in closed { posix_spawn_file_actions_addclose(&actions, number) }
        // Copies with high numbers, so that none is overwritten before its turn.
        let copies = passed.map { fcntl($0, F_DUPFD_CLOEXEC, 200) }
        defer { for copy in copies { close(copy) } }
        for (index, copy) in copies.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, copy, 3 + Int32(index))
        }
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        let base = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        var variables = base.merging(environment) { $1 }.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var child: pid_t = 0
        let code = Pipe.making.withLock { _ in posix_spawn(&child, path, &actions, nil, &words, &variables) }
        guard code == 0 else { throw SystemError(code: code, call: "posix_spawn \(path)") }
        process = child
    }

    deinit {
        stop(SIGKILL)
    }

    /// The next line of its standard output; nil when it has ended.
    func readLine() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output.number, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    /// The rest of its standard output, once it has ended.
    func readAll() -> String {
        var lines: [String] = []
        while let line = readLine() { lines.append(line) }
        return lines.joined(separator: "\n")
    }

    /// Sends a signal and waits for the end; returns the exit status, a negated signal where one ended it.
    @discardableResult
    func stop(_ signal: Int32) -> Int32 {
        status.withLock { status in
            if let status { return status }
            kill(process, signal)
            return Self.wait(process, &status)
        }
    }

    /// Waits for the end that the program makes itself.
    func waitForEnd() -> Int32 {
        status.withLock { status in status ?? Self.wait(process, &status) }
    }

    private static func wait(_ process: pid_t, _ status: inout Int32?) -> Int32 {
        var raw: Int32 = 0
        while waitpid(process, &raw, 0) < 0, errno == EINTR {}
        let result = raw & 0x7F == 0 ? raw >> 8 & 0xFF : -(raw & 0x7F)
        status = result
        return result
    }

    /// All that it has written to standard error so far.
    var errors: String { (try? readFile(errorLog)) ?? "" }

    /// How many descriptors it has open.
    var openDescriptors: Int {
        guard let folder = opendir("/proc/\(process)/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count - 2
    }

    /// How many of its descriptors are this file.
    func openDescriptors(of path: String) -> Int {
        guard let folder = opendir("/proc/\(process)/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var buffer = [CChar](repeating: 0, count: 4096)
            let length = readlink("/proc/\(process)/fd/\(name)", &buffer, buffer.count)
            let target = String(decoding: buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if target == path { count += 1 }
        }
        return count
    }

    /// The folder of the built programs: that of the running test bundle.
    static let builtPrograms: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
    }()
}

/// How many threads of a process have that name.
func threads(of process: pid_t, named name: String) throws(SystemError) -> Int {
    guard let folder = opendir("/proc/\(process)/task") else { throw .current("opendir") }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
        let number = withUnsafeBytes(of: entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        // A thread may end meanwhile.
        if (try? readFile("/proc/\(process)/task/\(number)/comm")) == name + "\n" { count += 1 }
    }
    return count
}

/// Both ends of a pipe, close-on-exec.
struct Pipe {
    /// Between making a pipe and marking its ends no program may start: it would hold them open.
    static let making = Locked(0)

    let reader: Int32
    let writer: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        let isMade = Self.making.withLock { _ in
            let isMade = pipe(&ends) == 0
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return isMade
        }
        guard isMade else { throw .current("pipe") }
        (reader, writer) = (ends[0], ends[1])
    }
}

/// The whole of a file, as text.
func readFile(_ path: String) throws(SystemError) -> String {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw .current("open") }
    let file = Descriptor(owning: number)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while case let count = read(file.number, &chunk, chunk.count), count > 0 { bytes += chunk.prefix(count) }
    return String(decoding: bytes, as: UTF8.self)
}
