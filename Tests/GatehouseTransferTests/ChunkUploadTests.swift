// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
@testable import GatehouseTransfer
import Testing

@Suite(.timeLimit(.minutes(2))) struct ChunkUploadTests {
    let server: LoopbackServer
    let engine: TransferEngine

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
    }

    private func request(_ source: UploadSource, _ path: String = "/echo") -> TransferRequest {
        server.request(.post, path, body: .file(source, field: "file", fileName: "a.bin"))
    }

    @Test(arguments: [[], [1], [1, 65_536, 3], [2_000_000, 5, 700_000]])
    func `chunks that come while they are sent arrive whole, without a length`(_ sizes: [Int]) async throws {
        let buffer = ChunkBuffer(kept: 0)
        let source = UploadSource(chunks: buffer)
        #expect(source.size == nil)
        let (turns, turn) = AsyncStream.makeStream(of: Void.self)
        let progress = UploadProgress(time: SystemTime()) { _, _ in turn.yield() }
        async let response = engine.perform(request(source.reporting(to: progress)))
        for await _ in turns { break }
        for (number, size) in sizes.enumerated() {
            buffer.append([UInt8](repeating: UInt8(number + 1), count: size))
        }
        buffer.complete()
        let echo = try Echo(try await response)
        let digest = try await source.finish()
        #expect(echo.field("Transfer-Encoding") == "chunked")
        #expect(echo.field("Content-Length") == nil)
        #expect(echo.partLength == sizes.reduce(0, +))
        #expect(echo.partSha256 == digest.sha256)
        #expect(digest.size == Int64(echo.partLength))
        #expect(source.size == digest.size)
    }

    @Test func `chunks that have all come go out with their length`() async throws {
        let buffer = ChunkBuffer()
        buffer.append(Array("hello".utf8))
        buffer.complete()
        let source = UploadSource(chunks: buffer)
        let echo = try Echo(try await engine.perform(request(source)))
        #expect(echo.field("Transfer-Encoding") == nil)
        #expect(echo.field("Content-Length") == "\(echo.length)")
        #expect(try await source.finish().sha256 == echo.partSha256)
    }

    @Test func `an upload without its last chunk is never a complete body`() async throws {
        let buffer = ChunkBuffer()
        buffer.append([UInt8](repeating: 1, count: 500_000))
        let source = UploadSource(chunks: buffer)
        let (turns, turn) = AsyncStream.makeStream(of: Int64.self)
        let progress = UploadProgress(time: SystemTime(), interval: .zero) { done, _ in turn.yield(done) }
        let task = Task {
            let body = request(source.reporting(to: progress), "/hash")
            return await failure { () throws(TransferError) in try await engine.perform(body) }
        }
        for await done in turns where done == 500_000 { break }
        task.cancel()
        #expect(await task.value?.code == .cancelled)
        await #expect(throws: UploadSourceError.notSentWhole) { try await source.finish() }
    }

    @Test func `a short upload can be sent again, a long one cannot`() async throws {
        let buffer = ChunkBuffer(capacity: 100, kept: 5)
        buffer.append(Array("hello".utf8))
        buffer.complete()
        let first = UploadSource(chunks: buffer)
        _ = try await engine.perform(request(first))
        #expect(first.isRepeatable)
        let second = first.rewound()
        #expect(try Echo(try await engine.perform(request(second))).partLength == 5)
        #expect(try await second.finish() == (try await first.finish()))

        let long = ChunkBuffer(capacity: 100, kept: 4)
        long.append(Array("hello".utf8))
        long.complete()
        let third = UploadSource(chunks: long)
        _ = try await engine.perform(request(third))
        #expect(!third.isRepeatable)
        let again = third.rewound()
        let error = await failure { () throws(TransferError) in try await engine.perform(request(again)) }
        #expect(error?.code == .sourceFailed(.alreadyUsed))
        #expect(error?.requestMayHaveLeft == false)
    }
}

@Suite struct UploadProgressTests {
    private struct Told: Equatable {
        let done: Int64
        let total: Int64?
    }

    @Test func `the beginning and the end are told, and in between no more than one word an interval`() {
        let time = HeldTime()
        let told = Locked<[Told]>([])
        let progress = UploadProgress(time: time) { done, total in
            told.withLock { $0.append(Told(done: done, total: total)) }
        }
        progress.begin(total: 100)
        for _ in 0..<10 { progress.sent(1, total: 100) }
        time.pass(.milliseconds(249))
        progress.sent(1, total: 100)
        time.pass(.milliseconds(1))
        for _ in 0..<10 { progress.sent(1, total: 100) }
        time.pass(.seconds(10))
        for _ in 0..<10 { progress.sent(1, total: 100) }
        progress.end(total: 100)
        progress.end(total: 100)
        #expect(told.withLock { $0 }.map(\.done) == [0, 12, 22, 31])
        #expect(told.withLock { $0 }.allSatisfy { $0.total == 100 })
    }

    @Test func `an upload that is sent again begins anew`() {
        let told = Locked<[Int64]>([])
        let progress = UploadProgress(time: HeldTime()) { done, _ in told.withLock { $0.append(done) } }
        for _ in 0..<2 {
            progress.begin(total: nil)
            progress.sent(5, total: nil)
            progress.end(total: nil)
        }
        #expect(told.withLock { $0 } == [0, 5, 0, 5])
    }
}
