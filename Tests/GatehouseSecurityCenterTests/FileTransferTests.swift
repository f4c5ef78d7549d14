// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

@testable import GatehouseSecurityCenter

/// Files through a gateway of a scripted server, whose file service does as a test says.
@Suite(.timeLimit(.minutes(1))) struct FileTransferTests {
    private let scene: Scene
    private let readers: ReaderThreads

    init() throws {
        scene = try Scene()
        readers = try ReaderThreads()
    }

    private func open(
        binding: GatewayBinding = .session,
        idleTimeout: Duration = .seconds(900)
    ) async throws -> GatewayInfo {
        try await scene.pool.prepareGateway(
            server: "main",
            route: try RouteTests.route(secondaries: 0),
            binding: binding,
            idleTimeout: idleTimeout,
            owner: 1000
        )
    }

    private func get(_ gateway: GatewayInfo, _ file: MemoryFile) async throws -> TransferredFile {
        try await get(gateway, file.writer)
    }

    private func get(_ gateway: GatewayInfo, _ file: FileWriter) async throws -> TransferredFile {
        try await scene.pool.getFile(
            gateway.handle,
            .address("/FTDR/x"),
            into: file,
            readers: readers,
            owner: 1000
        )
    }

    /// Parts of a file of 9 bytes, without a word on its size but at its end.
    private func servePart(_ request: TransferRequest) async -> ServerReply {
        let begin = Int(ScriptedServer.header("Range", request)?.dropFirst(6).dropLast() ?? "") ?? -1
        guard begin < 9 else { return ServerReply(status: 416, contentRange: "bytes */9") }
        let end = min(begin + 4, 9)
        try? await request.sink?.write((begin..<end).map { UInt8($0) })
        return ServerReply(status: 206, contentRange: "bytes \(begin)-\(end - 1)/*")
    }

    @Test func `a file of unknown size is asked for until nothing follows`() async throws {
        let gateway = try await open()
        scene.server.onFile(servePart)
        let file = MemoryFile()
        #expect(try await get(gateway, file).digest.size == 9)
        #expect(file.bytes == Array(0..<9))
    }

    @Test func `an empty file is fetched, though no byte of it can be asked for`() async throws {
        let gateway = try await open()
        scene.server.onFile { _ in ServerReply(status: 416, contentRange: "bytes */0") }
        #expect(try await get(gateway, MemoryFile()).digest.size == 0)
    }

    /// A file whose bytes are written once `gate` is raised; `began` opens before.
    private func slow(_ file: MemoryFile, _ began: Gate, _ gate: Wake) -> FileWriter {
        var writer = file.writer
        let write = writer.write
        writer.write = { bytes, offset in
            began.open()
            gate.await(milliseconds: 30_000)
            return write(bytes, offset)
        }
        return writer
    }

    /// Whether a gateway is there after it was left alone for an hour.
    private func outlastsAnHour(_ gateway: GatewayInfo) async -> Bool {
        var table = await scene.pool.table
        _ = table.timePassed(now: scene.loop.time.now + .seconds(3600))
        return table.gateways[gateway.handle] != nil
    }

    /// The whole of a file of 9 bytes at once, though the disk is slow.
    private func serveWhole(_ request: TransferRequest) async -> ServerReply {
        guard let sink = request.sink else { return ServerReply(status: 400) }
        Task { try await sink.write(Array(0..<9)) }
        while sink.count < 9 { await Task.yield() }
        return ServerReply(status: 206, contentRange: "bytes 0-8/9")
    }

    @Test func `a gateway is held while the disk is slow, and let go after it`() async throws {
        let gateway = try await open()
        scene.server.onFile(serveWhole)
        let (file, began, gate) = (MemoryFile(), Gate(), try Wake())
        async let transfer = get(gateway, slow(file, began, gate))
        await began.wait()
        await scene.eventually { await scene.pool.gateways(owner: 1000).first?.callsInFlight == 0 }
        #expect(await outlastsAnHour(gateway))
        gate.raise()
        _ = try await transfer
        #expect(await !outlastsAnHour(gateway))
    }

    @Test(arguments: [404, 503]) func `a gateway is let go by a file that fails, or whose caller leaves`(
        status: Int
    ) async throws {
        let gateway = try await open()
        scene.server.onFile { _ in ServerReply(status: status) }
        let task = Task { await code { try await get(gateway, MemoryFile()) } }
        if status == 503 {
            await scene.eventually { await !scene.pool.pauses.isEmpty }
            #expect(await outlastsAnHour(gateway))
            task.cancel()
        }
        #expect(await task.value == (status == 503 ? .cancelled : .refused))
        #expect(await !outlastsAnHour(gateway))
    }

    @Test func `a file that came whole is a success, even if its gateway was closed meanwhile`() async throws {
        let gateway = try await open()
        scene.server.onFile(serveWhole)
        let (file, began, gate) = (MemoryFile(), Gate(), try Wake())
        async let transfer = get(gateway, slow(file, began, gate))
        await began.wait()
        await scene.eventually { await scene.pool.gateways(owner: 1000).first?.callsInFlight == 0 }
        try await scene.pool.closeGateway(gateway.handle, owner: 1000)
        gate.raise()
        #expect(try await transfer.generation == 1)
        #expect(file.bytes.count == 9)
        await scene.eventually { scene.server.state.withLock { $0.ended } == ["h-primary"] }
    }

    @Test func `a file service that does not answer is no contact, one that does is`() async throws {
        let gateway = try await open()
        let before = await scene.pool.sessions().first { !$0.route.isPrimary }?.lastContactAt
        scene.server.onRequest { $0.method == "x" ? .failed(TransferError(.cannotConnect, "")) : nil }
        #expect(await code { try await get(gateway, MemoryFile()) } == .unreachable)
        #expect(await scene.pool.sessions().first { !$0.route.isPrimary }?.lastContactAt == before)
        scene.server.onRequest { _ in nil }
        scene.server.onFile { _ in ServerReply(status: 404) }
        _ = await code { try await get(gateway, MemoryFile()) }
        #expect(await scene.pool.sessions().first { !$0.route.isPrimary }?.lastContactAt != before)
    }

    @Test(arguments: [
        (TransferError.Code.cancelled, true, GatewayInfo.State.gone), (.cancelled, false, .open),
        (.invalidRequest, false, .open), (.outOfMemory, false, .open), (.receiveFailed, true, .gone),
    ])
    func `a gateway's one connection ends with a file if anything of the request was on it`(
        code: TransferError.Code,
        hasLeft: Bool,
        state: GatewayInfo.State
    ) async throws {
        let gateway = try await open(binding: .connection)
        let failure = TransferError(code, "no", requestMayHaveLeft: hasLeft)
        scene.server.onRequest { $0.method == "x" ? .failed(failure) : nil }
        #expect(await GatehouseSecurityCenterTests.code { try await get(gateway, MemoryFile()) } != nil)
        #expect(try await scene.pool.gateway(gateway.handle, owner: 1000).state == state)
    }

    // MARK: Emptied before the answer

    /// A file whose emptying waits for `gate`, with what happened in its order; `began` opens before.
    private func heldEmptying(_ file: MemoryFile, _ events: Locked<[String]>, _ began: Gate, _ gate: Wake) -> FileWriter
    {
        var writer = file.writer
        let truncate = writer.truncate
        writer.truncate = {
            began.open()
            gate.await(milliseconds: 30_000)
            defer { events.withLock { $0.append("emptied") } }
            return truncate()
        }
        return writer
    }

    /// A part of the file, and then a refusal, or a busy service that the caller does not wait for.
    private func servePartAnd(_ status: Int) -> @Sendable (TransferRequest) async -> ServerReply {
        { request in
            guard request.sink?.count == 0 else { return ServerReply(status: status) }
            try? await request.sink?.write([1, 2, 3])
            return ServerReply(status: 206, contentRange: "bytes 0-2/9")
        }
    }

    @Test(arguments: [404, 503]) func `a failure is told when the file is empty again, a cancellation too`(
        status: Int
    ) async throws {
        let gateway = try await open()
        scene.server.onFile(servePartAnd(status))
        let (file, events, began, gate) = (MemoryFile(), Locked<[String]>([]), Gate(), try Wake())
        let writer = heldEmptying(file, events, began, gate)
        let task = Task {
            let code = await code { try await get(gateway, writer) }
            events.withLock { $0.append("answered") }
            return code
        }
        if status == 503 {
            await scene.eventually { await !scene.pool.pauses.isEmpty }
            task.cancel()
        }
        await began.wait()
        for _ in 0..<100 { _ = await scene.pool.gateways(owner: 1000) }
        #expect(file.bytes == [1, 2, 3])
        gate.raise()
        #expect(await task.value == (status == 503 ? .cancelled : .refused))
        #expect(events.withLock { $0 } == ["emptied", "answered"])
        #expect(file.bytes.isEmpty)
    }

    @Test func `who left waits for a file that hangs no longer than a moment, and it is emptied later`() async throws {
        let gateway = try await open()
        scene.server.onFile(servePartAnd(503))
        let (file, events, began, gate) = (MemoryFile(), Locked<[String]>([]), Gate(), try Wake())
        let writer = heldEmptying(file, events, began, gate)
        let task = Task { await code { try await get(gateway, writer) } }
        await scene.eventually { await !scene.pool.pauses.isEmpty }
        let start = ContinuousClock.now
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(ContinuousClock.now - start >= GatewayPool.emptyingTime)
        #expect(events.withLock { $0.isEmpty } && file.bytes == [1, 2, 3])
        gate.raise()
        await readers.settled()
        #expect(file.bytes.isEmpty)
    }

    @Test func `a file that cannot be emptied is said to hold something`() async throws {
        let gateway = try await open()
        scene.server.onFile(servePartAnd(404))
        var writer = MemoryFile().writer
        writer.truncate = { SystemError(code: EPERM, call: "ftruncate") }
        let held = writer
        do {
            _ = try await get(gateway, held)
            Issue.record("it succeeded")
        } catch let error as SecurityCenterError {
            #expect(error.message.hasSuffix("; the file could not be emptied: Operation not permitted"))
        }
    }

    // MARK: Uploads

    private func put(_ gateway: GatewayInfo, _ file: MemoryFile) async throws -> TransferredFile {
        try await scene.pool.putFile(gateway.handle, "/FTUR/x", from: file.reader, readers: readers, owner: 1000)
    }

    @Test func `a piece that the busy file service refuses is sent again, and the others after it`() async throws {
        let gateway = try await open()
        let ranges = Locked<[String]>([])
        scene.server.onFile { request in
            let range = ScriptedServer.header("Content-Range", request) ?? ""
            return ranges.withLock { ranges in
                defer { ranges.append(range) }
                return ServerReply(status: ranges.count(where: { $0 == range }) < 2 ? 503 : 201)
            }
        }
        let file = try await put(gateway, MemoryFile([UInt8](repeating: 7, count: (1 << 20) + 1)))
        #expect(file.digest.size == (1 << 20) + 1 && file.generation == 1)
        let first = [String](repeating: "bytes 0-1048575/1048577", count: 3)
        #expect(ranges.withLock { $0 } == first + [String](repeating: "bytes 1048576-1048576/1048577", count: 3))
        #expect(await !outlastsAnHour(gateway))
    }

    /// What comes of a transfer whose gateway is closed while the file service has a request.
    private func closing(
        _ binding: GatewayBinding,
        _ transfer: @escaping @Sendable (GatewayInfo) async throws -> TransferredFile
    ) async throws -> SecurityCenterError? {
        let gateway = try await open(binding: binding)
        let gate = Gate()
        scene.server.onFile { request in
            await gate.wait()
            return ServerReply(status: request.sink == nil ? 201 : 503)
        }
        let task = Task { () -> SecurityCenterError? in
            do {
                _ = try await transfer(gateway)
                return nil
            } catch {
                return error as? SecurityCenterError
            }
        }
        await scene.eventually { gate.count == 1 }
        try await scene.pool.closeGateway(gateway.handle, owner: 1000)
        gate.open()
        return await task.value
    }

    @Test(arguments: GatewayBinding.allCases)
    func `a transfer whose gateway is closed ends with that, and nobody cancelled it`(
        binding: GatewayBinding
    ) async throws {
        let error = try await closing(binding) { gateway in
            try await put(gateway, MemoryFile([UInt8](repeating: 7, count: (1 << 20) + 1)))
        }
        #expect(error?.code == .gatewayGone && error?.requestMayHaveLeft == true)
        guard binding == .connection else { return }
        #expect(try await closing(binding) { try await get($0, MemoryFile()) }?.code == .gatewayGone)
    }

    @Test func `a file service that stays busy ends the upload, and anything else does at once`() {
        let reader = ReplyReader(server: "main")
        let busy = FileExchange(result: .success(ServerReply(status: 503)), reader: reader)
        var attempts = PieceAttempts()
        var pauses: [Duration] = []
        while case .again(let pause) = attempts.next(after: busy) { pauses.append(pause) }
        #expect(pauses.first == .zero && pauses.count == 5)
        for result: Result<ServerReply, TransferError> in [
            .success(ServerReply(status: 500)), .success(ServerReply(status: 416)),
            .failure(TransferError(.cutReply, "cut", requestMayHaveLeft: true)),
        ] {
            attempts = PieceAttempts()
            guard case .failed = attempts.next(after: FileExchange(result: result, reader: reader)) else {
                Issue.record("it goes on")
                continue
            }
        }
    }
}
