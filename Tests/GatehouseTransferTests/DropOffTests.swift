// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

/// Names of files that are left for an engine, and the folder of this host.
@Suite struct DropNameTests {
    @Test func `a name has 128 random bits in base32, and no two are alike`() {
        let names = (0..<1000).map { _ in DropName().text }
        #expect(Set(names).count == 1000)
        #expect(names.allSatisfy { $0.utf8.count == 36 && DropName.isOurs($0.utf8) })
        #expect(DropName(random: 0).text == "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaaa")
        #expect(DropName(random: .max).text == "gatehouse-7777777777777777777777777h")
    }

    @Test(arguments: [
        "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaaa", "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaa2.part",
    ])
    func `a file of our pattern is ours`(_ name: String) {
        #expect(DropName.isOurs(name.utf8))
    }

    @Test(arguments: [
        "", "gatehouse-", "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaa", "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaaa.part2", "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaaa.",
        "gatehouse-AAAAAAAAAAAAAAAAAAAAAAAAAA",
        "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaa1", "gatehouse.yaml", "xgatehouse-aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaa/", "gatehouse-aaaaaaaaaaaaaaaaaaaaaaaaaa/x",
    ])
    func `any other is not`(_ name: String) {
        #expect(!DropName.isOurs(name.utf8))
    }
}

@Suite struct LocalDropTests {
    private static let later = SystemTime().now + .seconds(60)

    private static func folder() throws -> String {
        var template = Array("/tmp/gh-XXXXXX".utf8).map { CChar(bitPattern: $0) } + [0]
        guard mkdtemp(&template) != nil else { throw SystemError.current("mkdtemp") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test(arguments: [true, false])
    func `nothing is written through a file or a link that was put there first, and it stays`(_ isLink: Bool)
        async throws
    {
        let path = try Self.folder()
        defer { for name in ["/target", "/" + DropName(random: 5).part, ""] { remove(path + name) } }
        let name = DropName(random: 5)
        let target = path + "/target"
        close(open(target, O_CREAT | O_WRONLY, 0o600))
        if isLink {
            symlink(target, path + "/" + name.part)
        } else {
            link(target, path + "/" + name.part)
        }
        let drop = LocalDropFolder(path: path, writers: try ReaderThreads()).drop(as: name)
        let error = await #expect(throws: DropError.self) {
            try await drop.put(UploadSource(bytes: [1, 2, 3]), user: 0, until: Self.later)
        }
        #expect(error?.code == .refused)
        var status = stat()
        stat(target, &status)
        #expect(status.st_size == 0)
    }

    @Test func `a file gets its name when it is whole, and goes with its drop`() async throws {
        let path = try Self.folder()
        defer { remove(path) }
        let name = DropName()
        let drop = LocalDropFolder(path: path, writers: try ReaderThreads()).drop(as: name)
        let source = UploadSource(bytes: Array("hello\n".utf8))
        try await drop.put(source, user: 0, until: Self.later)
        var status = stat()
        #expect(stat(path + "/" + name.text, &status) == 0 && status.st_size == 6)
        #expect(access(path + "/" + name.part, F_OK) != 0)
        let digest = try await source.finish()
        #expect(digest.sha256 == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
        try await drop.remove()
        #expect(access(path + "/" + name.text, F_OK) != 0)
    }

    @Test(arguments: ["nothing", "read", "exchanged", "rewritten", "longer", "shorter", "linked", "gone"])
    func `a file that somebody exchanges or writes in the folder is no longer what was left there`(
        _ doing: String
    ) async throws {
        let path = try Self.folder()
        let name = DropName()
        let (file, other) = (path + "/" + name.text, path + "/other")
        defer { for name in [file, other, path] { remove(name) } }
        let drop = LocalDropFolder(path: path, writers: try ReaderThreads()).drop(as: name)
        try await drop.put(UploadSource(bytes: Array("hello\n".utf8)), user: 0, until: Self.later)
        func write(_ text: String, to path: String, _ flags: Int32) {
            let number = open(path, O_WRONLY | O_CREAT | flags, 0o600)
            #expect(Glibc.write(number, text, text.utf8.count) == text.utf8.count)
            close(number)
        }
        switch doing {
        case "read": close(open(file, O_RDONLY))
        case "exchanged":
            write("hallo\n", to: other, 0)
            rename(other, file)
        case "rewritten":
            write("hallo\n", to: file, 0)
            let times = [timespec(tv_sec: 1 << 32, tv_nsec: 0), timespec(tv_sec: 1 << 32, tv_nsec: 0)]
            utimensat(AT_FDCWD, file, times, 0)
        case "longer": write("!", to: file, O_APPEND)
        case "shorter": truncate(file, 5)
        case "linked":
            rename(file, other)
            symlink(other, file)
        case "gone": rename(file, other)
        default: break
        }
        #expect(try await drop.isUntouched() == ["nothing", "read"].contains(doing))
        try await drop.remove()
    }

    /// Looks and removals of all folders were jobs of one line, as were look-ups of engines' names.
    @Test func `a folder does not wait for what hangs elsewhere`() async throws {
        let path = try Self.folder()
        defer { remove(path) }
        let readers = try ReaderThreads(perUser: 1)
        let hanging = ParkedThread()
        defer { hanging.wake() }
        readers.submit(user: ReaderThreads.ownJobs) { hanging.wait() }
        let folder = LocalDropFolder(path: path, writers: readers)
        let drop = folder.drop(as: DropName())
        try await drop.put(UploadSource(bytes: [1]), user: 0, until: Self.later)
        #expect(try await drop.isUntouched())
        try await drop.remove()
        #expect(try await folder.removeLeftovers(before: 0) == 0)
    }

    @Test func `a file that is removed before it is made is not left behind`() async throws {
        let path = try Self.folder()
        defer { remove(path) }
        let drop = LocalDropFolder(path: path, writers: try ReaderThreads()).drop(as: DropName())
        try await drop.remove()
        await #expect(throws: DropError.self) {
            try await drop.put(UploadSource(bytes: [1]), user: 0, until: Self.later)
        }
        #expect(rmdir(path) == 0)
    }
}

@Suite struct SFTPServerTests {
    private static func server(
        host: String = "sftp.example.com",
        port: Int = 22,
        user: String = "antivirus",
        folder: String = "/files2scan"
    ) -> SFTPServer? {
        SFTPServer(
            host: host,
            port: port,
            user: user,
            authentication: .password(Secret("x")),
            hostKey: Array(0..<32),
            folder: folder
        )
    }

    @Test(arguments: ["sftp.example.com", "127.0.0.1", "::1", "a"])
    func `a name or an address is a host`(_ host: String) {
        #expect(Self.server(host: host) != nil)
    }

    @Test(arguments: ["", "a/b", "a@b", "a b", "[::1]", "a\n", "a?b", "a#b", "a%41", "::g", "h\u{F6}st"])
    func `anything else is none`(_ host: String) {
        #expect(Self.server(host: host) == nil)
    }

    @Test func `ports, users and folders are what they are called`() {
        for port in [0, -1, 65536] { #expect(Self.server(port: port) == nil) }
        for user in ["", "a\nb", "a\u{0}"] { #expect(Self.server(user: user) == nil) }
        for folder in ["", "relative", "/a\nrm b", "/a\u{0}"] { #expect(Self.server(folder: folder) == nil) }
        #expect(Self.server(user: "domain\\user:x", folder: "/a \"b\" \\c%") != nil)
    }
}
