// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Dispatch
import GatehousePlatform
import Glibc
import Testing

struct UnixSocketTests {
    /// A folder of its own for one test.
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/gh-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            unlink(folder + "/s")
            rmdir(folder)
        }
        try body(folder)
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : 0
    }

    /// Two that listened at once once left the process with a mask under which no program could be built and run.
    @Test func `sockets that are made at the same time leave the process's umask alone`() throws {
        let before = umask(0o022)
        defer { umask(before) }
        try withFolder { folder in
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for _ in 0..<200 {
                    let path = "\(folder)/\(thread)"
                    _ = try? UnixSocket.listen(at: path)
                    unlink(path)
                }
            }
        }
        #expect(umask(0o022) == 0o022)
    }

    @Test func `a new socket has mode 0660 and takes connections`() throws {
        try withFolder { folder in
            let listener = try UnixSocket.listen(at: folder + "/s")
            #expect(mode(folder + "/s") == S_IFSOCK | 0o660)
            let client = try UnixSocket.connect(to: folder + "/s")
            #expect(client.number != listener.number)
        }
    }

    @Test func `an abandoned socket is replaced`() throws {
        try withFolder { folder in
            do { _ = try UnixSocket.listen(at: folder + "/s") }
            #expect(mode(folder + "/s") & S_IFMT == S_IFSOCK)
            let listener = try UnixSocket.listen(at: folder + "/s")
            _ = try UnixSocket.connect(to: folder + "/s")
            #expect(listener.number >= 0)
        }
    }

    @Test func `a live socket is refused and stays`() throws {
        try withFolder { folder in
            let listener = try UnixSocket.listen(at: folder + "/s")
            #expect(throws: SystemError(code: EADDRINUSE, call: "bind")) {
                _ = try UnixSocket.listen(at: folder + "/s")
            }
            _ = try UnixSocket.connect(to: folder + "/s")
            #expect(listener.number >= 0)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a live socket whose queue is full is refused at once`() throws {
        try withFolder { folder in
            let listener = try UnixSocket.listen(at: folder + "/s", backlog: 0)
            let client = try UnixSocket.connect(to: folder + "/s")
            #expect(throws: SystemError(code: EADDRINUSE, call: "bind")) {
                _ = try UnixSocket.listen(at: folder + "/s")
            }
            #expect(listener.number != client.number)
        }
    }

    @Test func `a regular file is refused and stays`() throws {
        try withFolder { folder in
            let file = open(folder + "/s", O_CREAT | O_WRONLY, 0o600)
            close(file)
            #expect(throws: SystemError(code: EEXIST, call: "bind")) { _ = try UnixSocket.listen(at: folder + "/s") }
            #expect(mode(folder + "/s") == S_IFREG | 0o600)
        }
    }

    @Test func `a path of 107 bytes is the longest`() throws {
        try withFolder { folder in
            let path = folder + "/" + String(repeating: "x", count: 106 - folder.utf8.count)
            try #require(path.utf8.count == 107)
            do {
                let listener = try UnixSocket.listen(at: path)
                _ = try UnixSocket.connect(to: path)
                #expect(listener.number >= 0)
            }
            unlink(path)
            #expect(throws: SystemError(code: ENAMETOOLONG, call: "socket path")) {
                _ = try UnixSocket.listen(at: path + "x")
            }
            #expect(throws: SystemError(code: ENAMETOOLONG, call: "socket path")) { _ = try UnixSocket.connect(to: "") }
        }
    }

    @Test func `a path with a NUL is refused and nothing before the NUL is touched`() throws {
        try withFolder { folder in
            do { _ = try UnixSocket.listen(at: folder + "/s") }
            #expect(throws: SystemError(code: EINVAL, call: "socket path")) {
                _ = try UnixSocket.listen(at: folder + "/s\0b")
            }
            #expect(mode(folder + "/s") & S_IFMT == S_IFSOCK)
        }
    }
}
