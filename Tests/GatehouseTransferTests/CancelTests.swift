// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Dispatch
import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

@Suite(.timeLimit(.minutes(2))) struct CancelTests {
    let server: LoopbackServer
    let engine: TransferEngine
    let readers: ReaderThreads

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
        readers = try ReaderThreads()
    }

    /// A file whose reads hang until it is let go.
    final class HangingFile: Sendable {
        private let reading = Locked(false)
        private let released = DispatchGroup()

        init() { released.enter() }

        var isReading: Bool { reading.withLock { $0 } }

        func release() { released.leave() }

        var access: FileAccess {
            FileAccess(
                read: { buffer, offset in
                    self.reading.withLock { $0 = true }
                    self.released.wait()
                    return .success(offset >= 1000 ? 0 : min(buffer.count, 1000 - Int(offset)))
                },
                status: { .success(FileStatus(size: 1000)) }
            )
        }
    }

    /// Starts a request, waits until `isReady`, cancels it and gives back its error.
    private func cancel(
        _ request: TransferRequest,
        when isReady: @escaping @Sendable () async -> Bool
    ) async throws -> TransferError? {
        await withTaskGroup(of: TransferError?.self) { group in
            group.addTask {
                await failure { () throws(TransferError) in try await engine.perform(request) }
            }
            while !(await isReady()) { await Task.yield() }
            group.cancelAll()
            return await group.next() ?? nil
        }
    }

    private func count(of id: String) async -> String? {
        let response = try? await engine.perform(server.request(.get, "/count?of=\(id)"))
        return response.map { String(decoding: $0.body, as: UTF8.self) }
    }

    @Test func `a request is cancelled while it waits for the reply`() async throws {
        let error = try await cancel(server.request(.post, "/hang?id=cancel-reply")) {
            await count(of: "cancel-reply") == "1"
        }
        #expect(error?.code == .cancelled)
        #expect(error?.requestMayHaveLeft == true)
    }

    @Test func `a request is cancelled while it connects`() async throws {
        let request = TransferRequest(.get, "https://127.0.0.1:\(server.silentPort)/", trust: server.authority)
        let error = try await cancel(request) { await count(of: "nothing") == "0" }
        #expect(error?.code == .cancelled)
        #expect(error?.requestMayHaveLeft == false)
    }

    @Test func `a request of a cancelled task is not begun`() async throws {
        let request = server.request(.post, "/echo?id=cancel-first")
        let error = await withTaskGroup(of: TransferError?.self) { group in
            group.cancelAll()
            group.addTask {
                await failure { () throws(TransferError) in try await engine.perform(request) }
            }
            return await group.next() ?? nil
        }
        #expect(error?.code == .cancelled)
        #expect(await count(of: "cancel-first") == "0")
    }

    @Test func `an upload is cancelled while the server does not read`() async throws {
        let file = try ScratchFile(size: 64 << 20)
        let source = try await file.source(readers)
        let body = TransferRequest.Body.file(source, field: "file", fileName: "a")
        let error = try await cancel(server.request(.post, "/stall?id=cancel-stall", body: body)) {
            await count(of: "cancel-stall") == "1"
        }
        #expect(error?.code == .cancelled)
        await #expect(throws: UploadSourceError.notSentWhole) { try await source.finish() }
    }

    @Test func `an upload whose reader hangs is cancelled, and holds up nobody`() async throws {
        let hanging = HangingFile()
        let source = try await UploadSource.open(hanging.access, user: getuid(), readers: readers)
        let body = TransferRequest.Body.file(source, field: "file", fileName: "a")
        let error = try await cancel(server.request(.post, "/echo", body: body)) {
            guard hanging.isReading else { return false }
            return await count(of: "nothing") == "0"
        }
        #expect(error?.code == .cancelled)
        hanging.release()
        await readers.settled()
    }

    @Test func `the idle time does not run while our own reader is behind`() async throws {
        let hanging = HangingFile()
        let source = try await UploadSource.open(hanging.access, user: getuid(), readers: readers)
        let time = HeldTime()
        let engine = try TransferEngine(time: time)
        var request = server.request(.post, "/echo", body: .file(source, field: "file", fileName: "a"))
        request.timeouts.idle = .milliseconds(200)
        let response = try await withThrowingTaskGroup(of: TransferResponse?.self) { group in
            group.addTask { [request] in try await engine.perform(request) }
            group.addTask {
                while !hanging.isReading { await Task.yield() }
                // Whatever the engine does for the others, it looks at this one's time as well.
                for _ in 0..<3 {
                    time.pass(.seconds(1))
                    _ = try await engine.perform(server.request(.get, "/echo"))
                }
                hanging.release()
                return nil
            }
            var response: TransferResponse?
            for try await next in group { response = response ?? next }
            return response
        }
        #expect(try Echo(try #require(response)).partLength == 1000)
    }

    @Test func `the total time runs while our own reader is behind`() async throws {
        let hanging = HangingFile()
        let source = try await UploadSource.open(hanging.access, user: getuid(), readers: readers)
        var request = server.request(.post, "/echo", body: .file(source, field: "file", fileName: "a"))
        request.timeouts.total = .seconds(1)
        let error = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.code == .timedOut)
        hanging.release()
    }

    enum End: CaseIterable, Sendable {
        case success, failure, cancellation, neverSent
    }

    @Test(arguments: End.allCases)
    func `the descriptor is closed however the upload ends`(end: End) async throws {
        let file = try ScratchFile(size: 8 << 20)
        let passed = Locked<PassedFile?>(try file.passed(readers))
        let number = try #require(passed.withLock { $0?.number })
        func send(_ path: String) async throws -> TransferRequest {
            let opened = try #require(passed.withLock { $0 })
            let source = try await UploadSource.open(file: opened, user: getuid(), readers: readers)
            return server.request(.post, path, body: .file(source, field: "file", fileName: "a"))
        }
        switch end {
        case .success: #expect(try await engine.perform(try await send("/sink")).status == 200)
        case .failure:
            let request = try await send("/nothing")
            #expect(await failure { () throws(TransferError) in try await engine.perform(request) } != nil)
        case .cancellation:
            let error = try await cancel(try await send("/stall?id=close")) { await count(of: "close") == "1" }
            #expect(error?.code == .cancelled)
        case .neverSent: _ = try await send("/sink")
        }
        #expect(isOpen(number))
        let identity = file.identity(of: number)
        passed.withLock { $0 = nil }
        // The engine's thread and the reader's let go of the file a moment after the caller has heard of the end.
        // Another test may have got the number meanwhile, but for another file.
        var isClosed = false
        for _ in 0..<5000 where !isClosed {
            await readers.settled()
            isClosed = file.identity(of: number) != identity
            if !isClosed { await Task.yield() }
        }
        #expect(identity != nil && isClosed)
    }

    @Test func `shutting down cancels what is under way and refuses what comes`() async throws {
        let engine = try TransferEngine()
        let hanging = HangingFile()
        let source = try await UploadSource.open(hanging.access, user: getuid(), readers: readers)
        let requests = [
            server.request(.post, "/hang?id=shut-down"),
            server.request(.post, "/echo", body: .file(source, field: "file", fileName: "a")),
            TransferRequest(.get, "https://127.0.0.1:\(server.silentPort)/", trust: server.authority),
        ]
        let codes = await withTaskGroup(of: TransferError.Code?.self) { group in
            for request in requests {
                group.addTask {
                    await failure { () throws(TransferError) in try await engine.perform(request) }?.code
                }
            }
            while !(hanging.isReading) { await Task.yield() }
            while await count(of: "shut-down") != "1" {}
            engine.shutDown()
            var codes: [TransferError.Code?] = []
            for await code in group { codes.append(code) }
            return codes
        }
        #expect(codes == [.cancelled, .cancelled, .cancelled])
        let error = await failure { () throws(TransferError) in
            try await engine.perform(server.request(.get, "/echo"))
        }
        #expect(error?.code == .unavailable)
        hanging.release()
    }

    @Test func `a request right after the shutting down is refused`() async throws {
        for _ in 0..<50 {
            let engine = try TransferEngine()
            engine.shutDown()
            let error = await failure { () throws(TransferError) in
                try await engine.perform(server.request(.get, "/echo"))
            }
            #expect(error?.code == .unavailable)
        }
    }
}
