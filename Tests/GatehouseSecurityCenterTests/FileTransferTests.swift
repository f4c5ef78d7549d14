// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
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

    private func open(idleTimeout: Duration = .seconds(900)) async throws -> GatewayInfo {
        try await scene.pool.prepareGateway(
            server: "main",
            route: try RouteTests.route(secondaries: 0),
            idleTimeout: idleTimeout,
            owner: 1000
        )
    }

    private func get(_ gateway: GatewayInfo, _ file: MemoryFile) async throws -> UploadDigest {
        try await scene.pool.getFile(
            gateway.handle,
            .address("/FTDR/x"),
            into: file.writer,
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
        #expect(try await get(gateway, file).size == 9)
        #expect(file.bytes == Array(0..<9))
    }

    @Test func `an empty file is fetched, though no byte of it can be asked for`() async throws {
        let gateway = try await open()
        scene.server.onFile { _ in ServerReply(status: 416, contentRange: "bytes */0") }
        #expect(try await get(gateway, MemoryFile()).size == 0)
    }
}
