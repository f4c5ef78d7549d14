// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

/// libcurl sends a request again by itself when a kept connection dies before a reply: a scan would be paid twice, a
/// one-time key spent twice.
@Suite(.timeLimit(.minutes(2))) struct RepeatTests {
    let server: LoopbackServer
    let engine: TransferEngine
    let readers: ReaderThreads

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
        readers = try ReaderThreads()
    }

    enum Kind: String, CaseIterable, Sendable {
        case getWithout, postWithout, emptyBytes, bytes, secret, emptyFile, file
    }

    private func request(_ kind: Kind, path: String) async throws -> TransferRequest {
        switch kind {
        case .getWithout: return server.request(.get, path)
        case .postWithout: return server.request(.post, path)
        case .emptyBytes: return server.request(.post, path, body: .bytes([], contentType: "text/plain"))
        case .bytes: return server.request(.post, path, body: .bytes(Array("abc".utf8), contentType: "text/plain"))
        case .secret: return server.request(.post, path, body: .secretBytes(Secret("abc"), contentType: "text/plain"))
        case .emptyFile, .file:
            let file = try ScratchFile(kind == .file ? Array("abc".utf8) : [])
            let source = try await file.source(readers)
            return server.request(.post, path, body: .file(source, field: "file", fileName: "a"))
        }
    }

    @Test func `a kept connection that has ended is found out before anything is sent`() async throws {
        _ = try await engine.perform(server.request(.post, "/close-after"))
        // Another connection's round trip: by then the end is here.
        _ = try await engine.connection().perform(server.request(.get, "/count?of=x"))
        let error = await failure { () throws(TransferError) in
            try await engine.perform(server.request(.post, "/echo?id=close-after"))
        }
        #expect(error?.code == .emptyReply)
        #expect(error?.connectionWasReused == true && error?.requestMayHaveLeft == false)
        let count = try await engine.connection().perform(server.request(.get, "/count?of=close-after"))
        #expect(String(decoding: count.body, as: UTF8.self) == "0")
    }

    @Test(arguments: Kind.allCases, ["end", "reset", "head"])
    func `a request on a kept connection that dies is not sent again`(kind: Kind, how: String) async throws {
        let first = try await engine.perform(server.request(.post, "/cut-next?how=\(how)"))
        #expect(first.status == 200)
        let id = "repeat-\(kind.rawValue)-\(how)"
        let request = try await request(kind, path: "/echo?id=\(id)")
        let error = await failure { () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.connectionWasReused == true)
        #expect(error?.requestMayHaveLeft == true)
        let count = try await engine.perform(server.request(.get, "/count?of=\(id)"))
        #expect(String(decoding: count.body, as: UTF8.self) == "1")
    }
}
