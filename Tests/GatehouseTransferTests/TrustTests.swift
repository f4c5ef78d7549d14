// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Testing

@Suite(.timeLimit(.minutes(2))) struct TrustTests {
    let server: LoopbackServer
    let engine: TransferEngine

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
    }

    private func code(_ request: TransferRequest) async -> TransferError.Code? {
        let error = await failure { () throws(TransferError) in try await engine.perform(request) }
        // Whoever is not trusted gets nothing of the request.
        if let error { #expect(!error.requestMayHaveLeft) }
        return error?.code
    }

    private func selfSigned(_ trust: TransferRequest.Trust, id: String = "/echo") -> TransferRequest {
        TransferRequest(.get, "https://127.0.0.1:\(server.selfSignedPort)/echo?id=\(id)", trust: trust)
    }

    private func count(of id: String) async throws -> String {
        String(decoding: try await engine.perform(server.request(.get, "/count?of=\(id)")).body, as: UTF8.self)
    }

    @Test func `the authority of the file is trusted`() async throws {
        #expect(await code(server.request(.get, "/echo")) == nil)
    }

    @Test func `no other authority is trusted than the file's`() async throws {
        var request = server.request(.get, "/echo")
        request.trust = server.authorities("other.pem")
        #expect(await code(request) == .tlsNotTrusted)
        request.trust = .system
        #expect(await code(request) == .tlsNotTrusted)
        request.trust = .certificateAuthorities(pem: Array("no certificate".utf8))
        #expect(await code(request) == .authorityUnreadable)
    }

    @Test func `a kept connection is not used under another trust`() async throws {
        #expect(await code(server.request(.get, "/echo")) == nil)
        var request = server.request(.get, "/echo")
        request.trust = server.authorities("other.pem")
        #expect(await code(request) == .tlsNotTrusted)
        request.trust = .publicKey(server.selfSigned.publicKey)
        #expect(await code(request) == .pinMismatch)
        request.trust = .certificate(sha256: server.selfSigned.digest)
        #expect(await code(request) == .pinMismatch)
    }

    @Test func `the certificate has to name the host`() async throws {
        var request = server.request(.get, "/echo")
        // libcurl takes any name under `localhost` for this machine.
        request.url = "https://other.localhost:\(server.port)/echo"
        #expect(await code(request) == .tlsNotTrusted)
    }

    @Test func `a pinned public key stands for the chain and the name`() async throws {
        #expect(await code(selfSigned(.publicKey(server.selfSigned.publicKey))) == nil)
        let both = server.server.publicKey + ";" + server.selfSigned.publicKey
        #expect(await code(selfSigned(.publicKey(both))) == nil)
    }

    @Test func `a pinned certificate stands for the chain and the name`() async throws {
        #expect(await code(selfSigned(.certificate(sha256: server.selfSigned.digest))) == nil)
        // The second goes over the kept connection.
        #expect(await code(selfSigned(.certificate(sha256: server.selfSigned.digest))) == nil)
        // One that an authority signed may be pinned too.
        var request = server.request(.get, "/echo")
        request.trust = .certificate(sha256: server.server.digest)
        #expect(await code(request) == nil)
    }

    @Test func `a server with another key or certificate gets no byte of the request`() async throws {
        let key = selfSigned(.publicKey(server.server.publicKey), id: "wrong-key")
        #expect(await code(key) == .pinMismatch)
        let certificate = selfSigned(.certificate(sha256: server.server.digest), id: "wrong-certificate")
        #expect(await code(certificate) == .pinMismatch)
        #expect(await code(selfSigned(.system, id: "no-trust")) == .tlsNotTrusted)
        #expect(await code(selfSigned(server.authority, id: "no-trust")) == .tlsNotTrusted)
        #expect(try await count(of: "wrong-key") == "0")
        #expect(try await count(of: "wrong-certificate") == "0")
        #expect(try await count(of: "no-trust") == "0")
    }

    @Test func `a wrong pin is refused on a connection that the right pin left`() async throws {
        #expect(await code(selfSigned(.certificate(sha256: server.selfSigned.digest))) == nil)
        var other = server.selfSigned.digest
        other[31] ^= 1
        #expect(await code(selfSigned(.certificate(sha256: other), id: "other-pin")) == .pinMismatch)
        #expect(await code(selfSigned(.publicKey(server.selfSigned.publicKey))) == nil)
        #expect(await code(selfSigned(.publicKey(server.server.publicKey), id: "other-pin")) == .pinMismatch)
        #expect(try await count(of: "other-pin") == "0")
    }
}
