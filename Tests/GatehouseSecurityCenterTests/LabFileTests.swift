// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

/// Files through gateways of the lab.
@Suite(.enabled(if: LabScene.isAvailable), .timeLimit(.minutes(3)), .serialized) struct LabFileTests {
    private func address(_ scene: LabScene, _ gateway: GatewayInfo, _ file: String) async throws -> String {
        var arguments = JSONObject()
        arguments["szwRemoteFile"] = .string(file)
        let reply = try await scene.call(gateway, "NagRdu.GetUrlToDownloadFileFromHost", arguments)
        return try #require(reply.result.string)
    }

    private func get(_ scene: LabScene, _ gateway: GatewayInfo, _ source: FileSource, _ file: MemoryFile) async throws
        -> UploadDigest
    {
        let file = try await scene.pool.getFile(
            gateway.handle,
            source,
            into: file.writer,
            readers: scene.readers,
            owner: 1000
        )
        #expect(file.generation == 1)
        return file.digest
    }

    @Test(arguments: [("trace-kes-1", 3 << 20), ("dump-kes-1", 70_001)], GatewayBinding.allCases)
    func `a file comes whole, by address`(file: (name: String, size: Int), binding: GatewayBinding) async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"), binding: binding)
        let memory = MemoryFile()
        let digest = try await get(scene, gateway, .address(try await address(scene, gateway, file.name)), memory)
        #expect(digest.size == Int64(file.size) && memory.bytes.count == file.size)
        #expect(digest.sha256.utf8.count == 64)
        // Lines of 16 bytes with their number.
        #expect(Set(stride(from: 0, to: 65_536, by: 16).map { Array(memory.bytes[$0..<($0 + 16)]) }).count == 4096)
        await scene.pool.shutDown()
    }

    @Test(arguments: ["halfBody,times=3", "reset,times=2", "drip=1,times=1"])
    func `a file that is cut goes on where it ended`(fault: String) async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"))
        let whole = MemoryFile()
        let digest = try await get(scene, gateway, .address(try await address(scene, gateway, "trace-kes-1")), whole)
        let source = FileSource.address(try await address(scene, gateway, "trace-kes-1"))
        try scene.fault("FTDR:" + fault)
        let cut = MemoryFile()
        #expect(try await get(scene, gateway, source, cut) == digest)
        #expect(cut.bytes == whole.bytes)
        await scene.pool.shutDown()
    }

    @Test func `what cannot be fetched leaves an empty file`() async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"))
        let source = FileSource.address(try await address(scene, gateway, "trace-kes-1"))
        try scene.fault("FTDR:status=500,after=1")
        try scene.fault("FTDR:halfBody,times=1")
        let file = MemoryFile()
        #expect(await code { try await get(scene, gateway, source, file) } == .failed)
        await scene.readers.settled()
        #expect(file.bytes.isEmpty)
        #expect(await code { try await get(scene, gateway, source, MemoryFile([1])) } == .fileRefused)
        #expect(await code { try await get(scene, gateway, .address("/FTDR/nothing"), MemoryFile()) } != nil)
        await scene.pool.shutDown()
    }

    @Test func `an address elsewhere is not followed`() async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"))
        try scene.fault("NagRdu.GetUrlToDownloadFileFromHost:strayUrl")
        let source = FileSource.address(try await address(scene, gateway, "trace-kes-1"))
        #expect(await code { try await get(scene, gateway, source, MemoryFile()) } == .foreignAddress)
        #expect(try !scene.operations().contains("FTDR"))
        await scene.pool.shutDown()
    }

    @Test(arguments: [("item-1", 300_001), ("item-empty", 0)])
    func `an item of a list comes whole`(item: (id: String, size: Int)) async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("NORTH-WS-1", behind: [1]))
        let file = MemoryFile()
        let digest = try await get(scene, gateway, .listItem(ListItem(list: "Quarantine", id: item.id)), file)
        #expect(digest.size == Int64(item.size) && file.bytes.count == item.size)
        #expect(
            await code { try await get(scene, gateway, .listItem(ListItem(list: "Backup", id: "none")), MemoryFile()) }
                != nil
        )
        await scene.pool.shutDown()
    }

    @Test(arguments: [1, 1 << 20, (5 << 19) + 7])
    func `a file is put in pieces, each after the server's consent`(size: Int) async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"))
        let target = try #require(try await scene.call(gateway, "NagRdu.GetUrlToUploadFileToHost").result.string)
        let source = MemoryFile((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let file = try await scene.pool.putFile(
            gateway.handle,
            target,
            from: source.reader,
            readers: scene.readers,
            owner: 1000
        )
        #expect(file.digest.size == Int64(size))
        #expect(try scene.operations().filter { $0 == "FTUR" }.count == (size + (1 << 20) - 1) >> 20)
        await scene.pool.shutDown()
    }

    @Test func `a gateway that is another user's, or gone, moves no file`() async throws {
        let scene = try LabScene()
        let gateway = try await scene.open(try scene.route("MAIN-WS-1"))
        let stranger = await code {
            try await scene.pool.getFile(
                gateway.handle,
                .address("/FTDR/x"),
                into: MemoryFile().writer,
                readers: scene.readers,
                owner: 1001
            )
        }
        #expect(stranger == .unknownGateway)
        let source = FileSource.address(try await address(scene, gateway, "trace-kes-1"))
        try scene.control("POST", "/revoke?token=session")
        #expect(await code { try await get(scene, gateway, source, MemoryFile()) } == .sessionLost)
        await scene.pool.shutDown()
    }
}
