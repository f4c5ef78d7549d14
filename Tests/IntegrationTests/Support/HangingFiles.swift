// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

import class Foundation.Bundle

/// A mounted file system whose files hang for the daemon: `Fixtures/fuse_files.py`.
final class HangingFiles {
    /// Each file holds that many bytes.
    static let size = 300_000
    /// Whether this machine lets us mount one.
    static let isPossible: Bool = {
        let number = Glibc.open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard number >= 0 else { return false }
        close(number)
        return geteuid() == 0
    }()

    let path: String
    private let program: ChildProgram
    private let commands: Int32

    init(in folder: TemporaryFolder) throws {
        try folder.makeFolder("mount")
        path = folder.path("mount")
        let pipe = try Pipe()
        commands = pipe.writer
        let reader = Descriptor(owning: pipe.reader)
        program = try ChildProgram(
            "/usr/bin/env",
            ["python3", fixture("fuse_files.py"), path],
            errorLog: folder.path("mount.log"),
            input: reader.number
        )
        guard program.readLine() == "ready" else { throw TestFault("no file system: \(program.errors)") }
    }

    deinit {
        close(commands)
        _ = program.waitForEnd()
    }

    /// Opens a file; it hangs for other processes on what it is called like.
    func open(_ name: String) throws(SystemError) -> Descriptor {
        let number = Glibc.open(path + "/" + name, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw .current("open") }
        return Descriptor(owning: number)
    }

    /// How many descriptors of its files a process has open.
    func descriptors(of process: pid_t) -> Int {
        entries(of: "/proc/\(process)/fd").count { entry in
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/\(process)/fd/\(entry)", &buffer, buffer.count)
            let target = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return target.hasPrefix(path + "/")
        }
    }

    /// Waits until one more request hangs.
    func waitForHang() throws {
        guard let line = program.readLine(), line.hasPrefix("hang") else { throw TestFault("nothing hangs") }
    }

    /// Lets everything go on; nothing hangs any more.
    func resume() {
        _ = write(commands, "resume\n", 7)
        while let line = program.readLine(), line != "resumed" {}
    }
}

/// The path of a file of `Fixtures`.
func fixture(_ name: String) -> String { Bundle.module.bundlePath + "/Fixtures/" + name }

/// The names in a folder of proc(5).
func entries(of folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}
