// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

/// Replies that go into a caller's file.
@Suite(.timeLimit(.minutes(2))) struct DownloadTests {
    let server: LoopbackServer
    let engine: TransferEngine
    let readers: ReaderThreads

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
        readers = try ReaderThreads()
    }

    /// A file in memory whose first write waits until the gate opens.
    private final class SlowFile: Sendable {
        let bytes = Locked<[UInt8]>([])
        let most = Locked(0)
        let truncated = Locked(0)
        let began: Wake
        let gate: Wake

        init() throws {
            began = try Wake()
            gate = try Wake()
        }

        func writer(isHeld: Bool) -> FileWriter {
            let first = Locked(isHeld)
            return FileWriter(
                write: { [self] part, _ in
                    let mustWait = first.withLock { first in
                        defer { first = false }
                        return first
                    }
                    if mustWait {
                        began.raise()
                        gate.await(milliseconds: 30_000)
                    }
                    most.withLock { $0 = max($0, part.count) }
                    bytes.withLock { $0 += part }
                    return nil
                },
                check: { nil },
                truncate: { [self] in
                    bytes.withLock { $0 = [] }
                    truncated.withLock { $0 += 1 }
                    return nil
                }
            )
        }
    }

    private func request(_ path: String, _ sink: DownloadSink) -> TransferRequest {
        var request = server.request(.get, path)
        request.sink = sink
        return request
    }

    @Test(arguments: [0, 1, 16_384, 5_000_000])
    func `a reply goes into the file, whatever its size`(size: Int) async throws {
        let file = try SlowFile()
        let sink = try await DownloadSink.open(file.writer(isHeld: false), user: 1, readers: readers)
        let reply = try await engine.perform(request("/big?bytes=\(size)", sink))
        #expect(reply.status == 200 && reply.body.isEmpty && reply.isDelimited)
        let digest = try await sink.finish()
        #expect(digest.size == Int64(size))
        #expect(file.bytes.withLock { $0.count } == size)
        #expect(file.most.withLock { $0 } <= 1 << 20)
    }

    @Test func `a slow file holds up its own transfer and no other, within a bounded memory`() async throws {
        let file = try SlowFile()
        let sink = try await DownloadSink.open(file.writer(isHeld: true), user: 1, readers: readers)
        let request = request("/big?bytes=20000000", sink)
        async let reply = engine.perform(request)
        file.began.await(milliseconds: 30_000)
        for _ in 0..<20 { _ = try await engine.perform(server.request(.get, "/echo")) }
        #expect(sink.count <= 3 << 20)
        file.gate.raise()
        #expect(try await reply.status == 200)
        #expect(try await sink.finish().size == 20_000_000)
        #expect(file.bytes.withLock { $0.count } == 20_000_000)
    }

    @Test func `an error's body does not go into the file`() async throws {
        let file = try SlowFile()
        let sink = try await DownloadSink.open(file.writer(isHeld: false), user: 1, readers: readers)
        let reply = try await engine.perform(request("/status?code=404", sink))
        #expect(String(decoding: reply.body, as: UTF8.self) == "said")
        #expect(sink.count == 0)
    }

    @Test(arguments: [
        ("status=206&bytes=9", ContentFault.noRange),
        ("status=206&bytes=9&field=Content-Type:multipart/byteranges;boundary=x", .noRange),
        ("status=206&bytes=9&field=Content-Range:bytes+-3-9/12", .unreadableRange),
        ("status=206&bytes=9&field=Content-Range:bytes+3-99999999999999999999/*", .unreadableRange),
        ("status=206&bytes=9&field=Content-Range:bytes+3-11/12&field=Content-Range:bytes+4-12/13", .unreadableRange),
        ("status=206&bytes=9&field=Content-Range:bytes+3-10/12", .longerThanRange),
        ("status=206&bytes=9&field=Content-Range:bytes+3-11/12&field=Content-Encoding:gzip", .encoded),
        ("status=200&bytes=9&field=Content-Encoding:br", .encoded),
    ])
    func `a reply that is no part of what was asked for is refused before any of it is taken`(
        reply: String,
        fault: ContentFault
    ) async throws {
        let file = try SlowFile()
        let sink = try await DownloadSink.open(file.writer(isHeld: false), user: 1, readers: readers)
        try await sink.write([1, 2, 3])
        let failed = await failure { () throws(TransferError) in
            try await engine.perform(request("/content?" + reply, sink))
        }
        #expect(failed?.code == .contentRefused(fault))
        #expect(failed?.message == fault.description)
        #expect(sink.count == 3)
    }

    @Test(arguments: ["bytes+0-8/9", "bytes+4-12/13"])
    func `a part that stands elsewhere in the whole is refused`(range: String) async throws {
        let sink = try await DownloadSink.open(SlowFile().writer(isHeld: false), user: 1, readers: readers)
        try await sink.write([1, 2, 3])
        let failed = await failure { () throws(TransferError) in
            try await engine.perform(request("/content?status=206&bytes=9&field=Content-Range:" + range, sink))
        }
        guard case .contentRefused(.elsewhere) = failed?.code else {
            Issue.record("\(String(describing: failed))")
            return
        }
        #expect(sink.count == 3)
    }

    @Test(arguments: ["", "&field=Content-Range:bytes+0-2999999/3000000", "&field=Content-Encoding:identity"])
    func `the whole in place of the rest begins the file anew, its hash and its progress too`(
        fields: String
    ) async throws {
        let (file, alone) = (try SlowFile(), try SlowFile())
        let told = Locked<[Int64]>([])
        let progress = DownloadProgress(time: SteppingTime(step: .milliseconds(500))) { done, _ in
            told.withLock { $0.append(done) }
        }
        let path = "/content?status=200&bytes=3000000" + fields
        let writer = file.writer(isHeld: true)
        let sink = try await DownloadSink.open(writer, user: 1, readers: readers, progress: progress)
        // What it began with is still being written when the whole comes.
        async let begun: Void = sink.write([UInt8](repeating: 7, count: 4_000_000))
        file.began.await(milliseconds: 30_000)
        let whole = request(path, sink)
        async let reply = engine.perform(whole)
        while sink.beginnings == 0, !Task.isCancelled { await Task.yield() }
        file.gate.raise()
        #expect(try await reply.status == 200)
        try await begun
        let digest = try await sink.finish()
        let other = try await DownloadSink.open(alone.writer(isHeld: false), user: 1, readers: readers)
        _ = try await engine.perform(request(path, other))
        #expect(try await other.finish() == digest && digest.size == 3_000_000)
        #expect(file.bytes.withLock { $0 } == alone.bytes.withLock { $0 })
        #expect(file.truncated.withLock { $0 } == 1 && sink.beginnings == 1 && sink.total == 3_000_000)
        let counts = told.withLock { $0 }
        #expect(counts.first == 4_000_000 && counts.dropFirst().max() == 3_000_000 && counts.last == 3_000_000)
    }

    @Test func `a file that cannot begin anew fails`() async throws {
        var writer = try SlowFile().writer(isHeld: false)
        writer.truncate = { SystemError(code: EPERM, call: "ftruncate") }
        let sink = try await DownloadSink.open(writer, user: 1, readers: readers)
        try await sink.write([1, 2, 3])
        _ = await failure { () throws(TransferError) in
            try await engine.perform(request("/content?status=200&bytes=9", sink))
        }
        do {
            _ = try await sink.finish()
            Issue.record("it is whole")
        } catch {
            #expect(error == .writeFailed(SystemError(code: EPERM, call: "ftruncate")))
        }
    }

    @Test func `a file that fails ends the transfer`() async throws {
        let writer = FileWriter(
            write: { _, _ in SystemError(code: ENOSPC, call: "pwrite") },
            check: { nil },
            truncate: { nil }
        )
        let sink = try await DownloadSink.open(writer, user: 1, readers: readers)
        let failed = await failure { () throws(TransferError) in
            try await engine.perform(request("/big?bytes=50000000", sink))
        }
        #expect(failed?.code == .sinkFailed)
        #expect(sink.failure == .writeFailed(SystemError(code: ENOSPC, call: "pwrite")))
    }

    @Test func `a caller that leaves waits for no file that hangs, which is emptied when it can be`() async throws {
        let file = try SlowFile()
        let sink = try await DownloadSink.open(file.writer(isHeld: true), user: 1, readers: readers)
        let request = request("/big?bytes=100", sink)
        let task = Task { () -> DownloadError? in
            _ = try? await engine.perform(request)
            do {
                _ = try await sink.finish()
                return nil
            } catch {
                return error as? DownloadError
            }
        }
        file.began.await(milliseconds: 30_000)
        task.cancel()
        #expect(await task.value == .cancelled)
        sink.abandon()
        #expect(file.truncated.withLock { $0 } == 0)
        file.gate.raise()
        await readers.settled()
        #expect(file.truncated.withLock { $0 } == 1)
        #expect(file.bytes.withLock { $0.isEmpty })
    }

    @Test(arguments: [
        (O_RDONLY, false, DownloadError.notWritable), (O_WRONLY | O_APPEND, false, .notWritable),
        (O_RDWR, true, .notEmpty),
    ])
    func `only an empty regular file that is open for writing is taken`(
        flags: Int32,
        isFilled: Bool,
        expected: DownloadError
    ) async throws {
        var template = Array("/tmp/gatehouse-download-XXXXXX".utf8CString)
        let made = mkstemp(&template)
        try #require(made >= 0)
        if isFilled { _ = write(made, "x", 1) }
        close(made)
        let file = PassedFile(owning: open(template, flags), user: 1, readers: readers)
        unlink(template)
        do {
            _ = try await DownloadSink.open(FileWriter(file), user: 1, readers: readers)
            Issue.record("it was taken")
        } catch {
            #expect(error == expected)
        }
    }

    @Test func `a passed file is written from its start, its offset left alone`() async throws {
        var template = Array("/tmp/gatehouse-download-XXXXXX".utf8CString)
        let number = mkstemp(&template)
        try #require(number >= 0)
        unlink(template)
        let file = PassedFile(owning: number, user: 1, readers: readers)
        let sink = try await DownloadSink.open(FileWriter(file), user: 1, readers: readers)
        _ = try await engine.perform(request("/big?bytes=3000000", sink))
        #expect(try await sink.finish().size == 3_000_000)
        var status = stat()
        #expect(fstat(number, &status) == 0 && status.st_size == 3_000_000)
        #expect(lseek(number, 0, SEEK_CUR) == 0)
        sink.abandon()
        await readers.settled()
        #expect(fstat(number, &status) == 0 && status.st_size == 0)
        withExtendedLifetime(file) {}
    }

    /// A clock that moves on by so much whenever somebody looks at it.
    private struct SteppingTime: TimeSource {
        let step: Duration
        let seen = Locked(Instant(nanoseconds: 1_000_000_000_000))
        let unixTime = 0.0

        var now: Instant {
            seen.withLock { now in
                now = now + step
                return now
            }
        }
    }

    @Test(arguments: [Duration.zero, .milliseconds(100)])
    func `progress is told at the start, four times a second and at the end, with the size of the whole`(
        step: Duration
    ) async throws {
        let file = try SlowFile()
        let told = Locked<[Int64]>([])
        let progress = DownloadProgress(time: SteppingTime(step: step)) { done, total in
            #expect(total == 5_000_000)
            told.withLock { $0.append(done) }
        }
        let sink = try await DownloadSink.open(
            file.writer(isHeld: false),
            user: 1,
            readers: readers,
            progress: progress
        )
        _ = try await engine.perform(request("/big?bytes=5000000", sink))
        let before = told.withLock { $0 }
        #expect(sink.total == 5_000_000)
        #expect(try await sink.finish().size == 5_000_000)
        let all = told.withLock { $0 }
        #expect(all == Set(all).sorted() && all.last == 5_000_000)
        // libcurl hands over at most 100 KiB at once or so; of looks that are 100 ms apart every third one tells.
        if step == .zero { #expect(before.count == 1) } else { #expect(before.count > 5) }
        #expect(before.first ?? 5_000_000 < 1_000_000)
    }

    @Test func `an empty file's progress is its end`() async throws {
        let told = Locked<[Int64?]>([])
        let progress = DownloadProgress(time: SteppingTime(step: .zero)) { done, total in
            told.withLock { $0 += [done, total] }
        }
        let writer = try SlowFile().writer(isHeld: false)
        let sink = try await DownloadSink.open(writer, user: 1, readers: readers, progress: progress)
        _ = try await sink.finish()
        #expect(told.withLock { $0 } == [0, 0])
    }
}
