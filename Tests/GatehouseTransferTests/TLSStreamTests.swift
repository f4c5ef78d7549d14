// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

/// Plain sockets that are TLS underneath.
///
/// What is spoken here happens to be HTTP, since the server speaks that.
@Suite(.serialized, .timeLimit(.minutes(2))) struct TLSStreamTests {
    let server: LoopbackServer
    let time = SystemTime()

    init() throws {
        server = try LoopbackServer.shared.get()
    }

    private func target(
        _ host: String = "localhost",
        _ port: Int? = nil,
        _ trust: TransferRequest.Trust? = nil
    ) -> TLSServer {
        TLSServer(host: host, port: UInt16(port ?? server.port), trust: trust ?? server.authority)
    }

    private func connect(_ target: TLSServer, for duration: Duration = .seconds(30)) async throws(TransferError)
        -> TLSStream
    {
        try await TLSStream.connect(to: target, until: time.now + duration, time: time)
    }

    private func fault(_ target: TLSServer, for duration: Duration = .seconds(30)) async -> TransferError? {
        await failure { () throws(TransferError) in try await connect(target, for: duration) }
    }

    private func request(_ path: String, _ body: [UInt8] = [], length: Int? = nil) -> [UInt8] {
        Array("POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length ?? body.count)\r\n\r\n".utf8) + body
    }

    /// Waits until no connection has a thread.
    private func expectNoThread() async {
        let end = time.now + .seconds(10)
        while threads(named: "tls") > 0, time.now < end { await Task.yield() }
        #expect(threads(named: "tls") == 0)
    }

    // MARK: Bytes

    @Test func `bytes pass in both directions, more than any buffer holds`() async throws {
        let stream = try await connect(target())
        var user = try PlainUser(stream)
        let body = (0..<(6 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
        let digest = try #require(UploadDigest(of: body))
        let upload = request("/hash", body)
        #expect(user.send(upload) == upload.count)
        #expect(user.read(until: digest.sha256).hasSuffix("\r\n\r\n" + digest.sha256))
        #expect(user.send(request("/big?bytes=5000000") + request("/cut?last")) > 0)
        let reply = user.read()
        #expect(reply.utf8.count > 5_000_000)
        #expect(reply.hasSuffix("\r\n\r\n0123456789"))
        #expect(!stream.serverSpokeEarly)
        let isTaken = stream.takeSocket() == nil
        #expect(isTaken)
    }

    @Test(arguments: [("/cut", "0123456789"), ("/cut-head", "Content-Le"), ("/cut-raw", "hello"), ("/nothing", "")])
    func `a connection that ends gives what there was, and its end`(_ path: String, _ end: String) async throws {
        var user = try PlainUser(try await connect(target()))
        let bytes = request(path)
        #expect(user.send(bytes) == bytes.count)
        #expect(user.read().hasSuffix(end))
        await expectNoThread()
    }

    @Test func `a server that stops reading can still say why`() async throws {
        let stream = try await connect(target())
        var user = try PlainUser(stream)
        let upload = request("/early", [UInt8](repeating: 0x41, count: 32 << 20))
        #expect(user.send(upload) < upload.count)
        #expect(user.failure == EPIPE || user.failure == ECONNRESET)
        _ = user.read()
        await expectNoThread()
    }

    @Test func `an answer that comes before all was sent is told apart`() async throws {
        let stream = try await connect(target())
        var user = try PlainUser(stream)
        #expect(user.send(request("/told", length: 1 << 30)) > 0)
        // Until every buffer on the way is full.
        let piece = [UInt8](repeating: 0x41, count: 1 << 20)
        while user.send(piece, patience: 300) == piece.count {}
        #expect(!stream.serverSpokeEarly)
        var other = try PlainUser(try await connect(target()))
        #expect(other.send(request("/tell")) > 0)
        #expect(user.read(until: "too large").hasSuffix("too large"))
        #expect(stream.serverSpokeEarly)
    }

    // MARK: Trust

    @Test func `a server is trusted by an authority and its name, or by a pin`() async throws {
        #expect(await fault(target()) == nil)
        #expect(await fault(target("127.0.0.1")) == nil)
        let port = server.selfSignedPort
        #expect(await fault(target("localhost", port, .publicKey(server.selfSigned.publicKey))) == nil)
        #expect(await fault(target("localhost", port, .certificate(sha256: server.selfSigned.digest))) == nil)
        await expectNoThread()
    }

    @Test func `whoever else is not trusted`() async throws {
        let other = server.authorities("other.pem")
        let missing = TransferRequest.Trust.certificateAuthorities(pem: Array("no certificate".utf8))
        #expect(await fault(target("localhost", nil, other))?.code == .tlsNotTrusted)
        #expect(await fault(target("localhost", nil, .system))?.code == .tlsNotTrusted)
        #expect(await fault(target("localhost", nil, missing))?.code == .authorityUnreadable)
        // libcurl takes any name under `localhost` for this machine.
        #expect(await fault(target("other.localhost"))?.code == .tlsNotTrusted)
        let port = server.selfSignedPort
        #expect(await fault(target("localhost", port, server.authority))?.code == .tlsNotTrusted)
        #expect(await fault(target("localhost", port, .publicKey(server.server.publicKey)))?.code == .pinMismatch)
        #expect(
            await fault(target("localhost", port, .certificate(sha256: server.server.digest)))?.code == .pinMismatch
        )
        #expect(await fault(target("localhost", port, .certificate(sha256: [1])))?.code == .invalidRequest)
        await expectNoThread()
    }

    // MARK: No connection

    @Test func `a server that is not there is an error at once`() async throws {
        // A port that nobody has: one of ours that is bound and does not listen.
        let socket = Descriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.number, $0, length) == 0 ? getsockname(socket.number, $0, &length) : -1
            }
        }
        #expect(result == 0)
        let port = Int(UInt16(bigEndian: address.sin_port))
        #expect(await fault(target("127.0.0.1", port))?.code == .cannotConnect)
        #expect(await fault(target("nothing.invalid"))?.code == .cannotResolve)
        #expect(await fault(target("a b"))?.code == .invalidRequest)
        #expect(await fault(target("a/b"))?.code == .invalidRequest)
        await expectNoThread()
    }

    @Test func `a server that says nothing is given up in time`() async throws {
        let start = time.now
        let silent = target("127.0.0.1", server.silentPort)
        #expect(await fault(silent, for: .milliseconds(300))?.code == .connectTimeout)
        #expect(await fault(silent, for: .seconds(-1))?.code == .connectTimeout)
        #expect(time.now - start < .seconds(5))
        await expectNoThread()
    }

    @Test func `a caller who leaves waits for nothing and keeps no thread`() async throws {
        let error = await withTaskGroup(of: TransferError?.self) { group in
            group.addTask { await fault(target("127.0.0.1", server.silentPort)) }
            while threads(named: "tls") == 0 { await Task.yield() }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(error?.code == .cancelled)
        await expectNoThread()
        let early = await withTaskGroup(of: TransferError?.self) { group in
            group.cancelAll()
            group.addTask { await fault(target()) }
            return await group.next() ?? nil
        }
        #expect(early?.code == .cancelled)
        await expectNoThread()
    }

    @Test func `the thread ends with the user's socket, and at its time`() async throws {
        do {
            var user = try PlainUser(try await connect(target()))
            #expect(user.send(request("/hang", length: 1000)) > 0)
            #expect(threads(named: "tls") == 1)
        }
        await expectNoThread()
        do {
            // One that does not even read, so that bytes are waiting for it.
            var user = try PlainUser(try await connect(target()))
            let bytes = request("/stall", length: 100 << 20) + [UInt8](repeating: 0x41, count: 1 << 20)
            while user.send(bytes, patience: 300) == bytes.count {}
            #expect(threads(named: "tls") == 1)
        }
        await expectNoThread()
        var patient = try PlainUser(try await connect(target(), for: .milliseconds(700)))
        #expect(patient.send(request("/hang", length: 1000)) > 0)
        #expect(patient.read() == "")
        await expectNoThread()
    }
}
