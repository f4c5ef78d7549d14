// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

@Suite(.timeLimit(.minutes(2))) struct UploadTests {
    let server: LoopbackServer
    let engine: TransferEngine
    let readers: ReaderThreads

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
        readers = try ReaderThreads()
    }

    private func upload(_ source: UploadSource, name: String = "a.bin") async throws -> Echo {
        let body = TransferRequest.Body.file(source, field: "file", fileName: name)
        return try Echo(try await engine.perform(server.request(.post, "/echo", body: body)))
    }

    @Test(arguments: [0, 1, 65_535, 262_144, 262_145, 1 << 20, 5_000_000])
    func `a file arrives whole and its digest is that of what arrived`(size: Int) async throws {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<size).map {
            UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) ^ (size > 100_000 ? 0 : random.next())
        }
        let file = try ScratchFile(bytes)
        let source = try await file.source(readers)
        #expect(source.size == Int64(size))
        let echo = try await upload(source)
        let digest = try await source.finish()
        #expect(echo.partLength == size)
        #expect(echo.partSha256 == digest.sha256)
        #expect(digest.size == Int64(size))
        #expect(echo.field("Content-Length") == "\(echo.length)")
        #expect(echo.field("Transfer-Encoding") == nil)
    }

    @Test func `64 MiB arrive whole`() async throws {
        let file = try ScratchFile(Array("start".utf8), size: 64 << 20)
        let source = try await file.source(readers)
        let echo = try await upload(source)
        #expect(echo.partLength == 64 << 20)
        #expect(echo.partSha256 == (try await source.finish()).sha256)
    }

    @Test func `bytes in memory arrive as a file`() async throws {
        let source = UploadSource(bytes: Array("hello".utf8))
        let echo = try await upload(source)
        let digest = try await source.finish()
        #expect(digest.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(echo.partSha256 == digest.sha256)
    }

    @Test func `a name cannot leave its quotes`() async throws {
        let echo = try await upload(UploadSource(bytes: [1]), name: "a\"; x=\"\r\nX-Y: z\\é")
        #expect(echo.body.contains("filename=\"a%22; x=%22%0D%0AX-Y: z\\Ã©\"\r\n"))
        #expect(echo.partLength == 1)
    }

    @Test func `the file offset is neither used nor moved`() async throws {
        let file = try ScratchFile(Array("hello".utf8))
        let passed = try file.passed(readers)
        lseek(passed.number, 3, SEEK_SET)
        let source = try await UploadSource.open(file: passed, user: getuid(), readers: readers)
        #expect(try await upload(source).partLength == 5)
        #expect(lseek(passed.number, 0, SEEK_CUR) == 3)
    }

    @Test func `a source goes into one transfer, rewound into another`() async throws {
        let file = try ScratchFile(Array("hello".utf8))
        for first in [try await file.source(readers), UploadSource(bytes: Array("hello".utf8))] {
            _ = try await upload(first)
            let again = await failure { () throws(TransferError) in
                try await engine.perform(server.request(.post, "/echo", body: .file(first, field: "f", fileName: "a")))
            }
            #expect(again?.code == .sourceFailed(.alreadyUsed))
            #expect(again?.requestMayHaveLeft == false)
            let second = first.rewound()
            #expect(try await upload(second).partLength == 5)
            #expect(try await second.finish() == (try await first.finish()))
        }
    }

    @Test func `a server that answers early leaves no digest`() async throws {
        let file = try ScratchFile(size: 64 << 20)
        let source = try await file.source(readers)
        let request = server.request(.post, "/early", body: .file(source, field: "file", fileName: "a"))
        // Whether the answer can still be read is up to the two sides' timing; the digest is not.
        let outcome = await Result(catching: { () async throws(TransferError) in try await engine.perform(request) })
        if case .success(let response) = outcome { #expect(response.status == 413) }
        await #expect(throws: UploadSourceError.notSentWhole) { try await source.finish() }
    }

    @Test func `an answer that began before the file was sent says so, though all of it is sent`() async throws {
        let file = try ScratchFile(size: 64 << 20)
        for (path, isHasty) in [("/hasty", true), ("/sink", false)] {
            let source = try await file.source(readers)
            let request = server.request(.post, path, body: .file(source, field: "file", fileName: "a"))
            let response = try await engine.perform(request)
            #expect(response.status == 200)
            #expect(response.cameBeforeFile == isHasty)
            #expect(try await source.finish().size == 64 << 20)
        }
        for size in [0, 1, 70_000] {
            let source = try await ScratchFile(size: size).source(readers)
            let request = server.request(.post, "/sink", body: .file(source, field: "file", fileName: "a"))
            #expect(try await engine.perform(request).cameBeforeFile == false)
        }
    }

    @Test func `a file that changes before, during or after is not what was scanned`() async throws {
        for change in 0..<4 {
            let file = try ScratchFile(Array("hello".utf8), size: 5)
            try file.waitForLaterTime()
            let source = try await file.source(readers)
            if change == 0 { file.resize(4) }
            if change == 1 { file.resize(6) }
            if change == 2 { file.write([1], at: 0) }
            let body = TransferRequest.Body.file(source, field: "file", fileName: "a")
            let error = await failure { () throws(TransferError) in
                try await engine.perform(server.request(.post, "/echo", body: body))
            }
            #expect(error?.code == (change == 3 ? nil : .sourceFailed(.changedDuringScan)))
            if change == 3 { file.write([1], at: 0) }
            await #expect(throws: UploadSourceError.changedDuringScan) { try await source.finish() }
        }
    }

    @Test func `a file of no size that holds bytes is refused`() async throws {
        let number = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        let file = PassedFile(owning: number, user: getuid(), readers: readers)
        let source = try await UploadSource.open(file: file, user: getuid(), readers: readers)
        let body = TransferRequest.Body.file(source, field: "file", fileName: "a")
        let error = await failure { () throws(TransferError) in
            try await engine.perform(server.request(.post, "/echo", body: body))
        }
        #expect(error?.code == .sourceFailed(.changedDuringScan))
    }

    @Test func `what is not a regular file open for reading is refused`() async throws {
        let file = try ScratchFile([1])
        let path: Int32 = 0o10000000
        let cases: [(Int32, UploadSourceError)] = [
            (open("/tmp", O_RDONLY), .notRegularFile(.directory)),
            (open("/dev/null", O_RDONLY), .notRegularFile(.characterDevice)),
            (open("/proc/self/fd/\(file.descriptor.number)", O_WRONLY), .notReadable),
            (open("/proc/self/fd/\(file.descriptor.number)", path), .notReadable),
            (socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0), .notRegularFile(.socket)),
            (-1, .readFailed(SystemError(code: EBADF, call: "fcntl"))),
        ]
        for (number, expected) in cases {
            let passed = PassedFile(owning: number, user: getuid(), readers: readers)
            await #expect(throws: expected) {
                try await UploadSource.open(file: passed, user: getuid(), readers: readers)
            }
        }
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        let passed = PassedFile(owning: ends[0], user: getuid(), readers: readers)
        await #expect(throws: UploadSourceError.notRegularFile(.pipe)) {
            try await UploadSource.open(file: passed, user: getuid(), readers: readers)
        }
        close(ends[1])
    }

    @Test func `a descriptor open for reading and writing is accepted`() async throws {
        let file = try ScratchFile([1])
        let passed = try file.passed(readers, flags: O_RDWR)
        #expect(try await UploadSource.open(file: passed, user: getuid(), readers: readers).size == 1)
    }

    @Test func `a read that fails ends the transfer`() async throws {
        let access = FileAccess(
            read: { _, _ in .failure(SystemError(code: EIO, call: "pread")) },
            status: { .success(FileStatus(size: 10)) }
        )
        let source = try await UploadSource.open(access, user: getuid(), readers: readers)
        let body = TransferRequest.Body.file(source, field: "file", fileName: "a")
        let error = await failure { () throws(TransferError) in
            try await engine.perform(server.request(.post, "/echo", body: body))
        }
        #expect(error?.code == .sourceFailed(.readFailed(SystemError(code: EIO, call: "pread"))))
        #expect(error?.requestMayHaveLeft == true)
    }

    /// It once ended in EINVAL: such a file gives whole blocks into aligned memory alone.
    @Test(arguments: [1, 4095, 4096, 4097, 262_144, 1_000_003])
    func `a file that was opened with O_DIRECT is read to its last byte`(size: Int) async throws {
        #if arch(arm64)
            let direct: Int32 = 0o200000
        #else
            let direct: Int32 = 0o40000
        #endif
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let file = try ScratchFile(bytes)
        let plain = try await UploadSource.open(file: try file.passed(readers), user: getuid(), readers: readers)
        let passed = try file.passed(readers, flags: O_RDONLY | direct)
        let source = try await UploadSource.open(file: passed, user: getuid(), readers: readers)
        #expect(try await upload(source).partLength == size)
        _ = try await upload(plain)
        #expect(try await source.finish() == plain.finish())
    }

    @Test func `uploads need no buffer beyond their own`() async throws {
        let memory = UploadMemory(extraBuffers: 0)
        let file = try ScratchFile(size: 3_000_000)
        let passed = try file.passed(readers)
        let source = try await UploadSource.open(file: passed, user: getuid(), readers: readers, memory: memory)
        #expect(try await upload(source).partLength == 3_000_000)
    }
}

extension Result {
    init(catching body: () async throws(Failure) -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
