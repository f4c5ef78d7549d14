// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

@Suite(.timeLimit(.minutes(2))) struct RequestTests {
    let server: LoopbackServer
    let engine: TransferEngine

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
    }

    private func failed(_ request: TransferRequest) async -> TransferError? {
        await failure { () throws(TransferError) in try await engine.perform(request) }
    }

    @Test(arguments: [
        "", "http://localhost/", "file:///etc/passwd", "ftp://localhost/", "https://", "https://local host/",
        "https://localhost/\r\nX: y", "https://localhost/\0", "https://user:password@localhost/", "HTTPX://localhost/",
        "https://localhost:99999/", "https://é/",
    ])
    func `only plain https addresses are accepted`(url: String) async {
        let error = await failed(TransferRequest(.get, url))
        #expect(error?.code == .invalidRequest)
        #expect(error?.requestMayHaveLeft == false)
    }

    @Test(arguments: [
        ("X-A", "a\r\nX-B: b"), ("X-A", "a\nb"), ("X-A", "a\0b"), ("X-A", "\u{7F}"), ("X A", "a"), ("X:A", "a"),
        ("", "a"),
        ("X-A\r\n", "a"), ("Content-Length", "5"), ("transfer-encoding", "chunked"), ("Host", "x"), ("Expect", "x"),
        ("Connection", "close"), ("Content-Type", "x/y"),
    ])
    func `headers cannot be smuggled`(name: String, value: String) async {
        let secrets: [TransferRequest.HeaderValue] = [
            .plain(value), .secret(prefix: "", Secret(value)), .secret(prefix: value, Secret("")),
        ]
        for header in secrets {
            var request = server.request(.get, "/echo")
            request.headers = [(name, header)]
            #expect(await failed(request)?.code == .invalidRequest)
        }
    }

    @Test(arguments: [
        TransferRequest.Trust.publicKey(""), .publicKey("/etc/passwd"), .publicKey("sha256//abc="),
        .publicKey("sha256//n6H+3ZRL/NdioDY6ovnU+Q4r/d51Y98i3fWmNh3gvOc=;"),
        .publicKey("sha256//n6H+3ZRL/NdioDY6ovnU+Q4r/d51Y98i3fWmNh3gvO;="),
        .certificate(sha256: []), .certificate(sha256: [UInt8](repeating: 0, count: 31)),
        .certificateAuthorities(pem: []),
    ])
    func `a trust that says nothing is refused`(trust: TransferRequest.Trust) async {
        var request = server.request(.get, "/echo")
        request.trust = trust
        #expect(await failed(request)?.code == .invalidRequest)
    }

    @Test func `a body goes with a POST and has a type without line ends`() async {
        #expect(
            await failed(server.request(.get, "/echo", body: .bytes([1], contentType: "a/b")))?.code == .invalidRequest
        )
        for type in ["", "a/b\r\nX: y", "a\0"] {
            let request = server.request(.post, "/echo", body: .bytes([1], contentType: type))
            #expect(await failed(request)?.code == .invalidRequest)
        }
    }

    @Test func `the environment's proxies are not used`() async throws {
        for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            setenv(name, "http://127.0.0.1:\(server.silentPort)", 1)
        }
        defer { for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] { unsetenv(name) } }
        #expect(try await engine.perform(server.request(.get, "/echo")).status == 200)
    }

    @Test func `a given proxy is used, whatever exceptions the environment has`() async throws {
        setenv("no_proxy", "*", 1)
        defer { unsetenv("no_proxy") }
        var request = server.request(.get, "/echo")
        request.proxy = "http://127.0.0.1:\(server.silentPort)"
        request.timeouts.connect = .milliseconds(300)
        #expect(await failed(request)?.code == .connectTimeout)
        request.proxy = "socks5://127.0.0.1:1"
        #expect(await failed(request)?.code == .invalidRequest)
    }

    @Test func `errors name neither secrets nor paths`() async throws {
        var requests = ["/nothing", "/cut", "/garbage"].map { server.request(.post, "\($0)?password=hunter2") }
        requests.append(TransferRequest(.get, "https://localhost:1/?password=hunter2", trust: server.authority))
        requests.append(TransferRequest(.get, "https://no-such-host.invalid/?password=hunter2"))
        requests.append(TransferRequest(.get, server.url("/echo?password=hunter2")))
        requests.append(TransferRequest(.get, "https://[hunter2/"))
        for index in requests.indices {
            requests[index].headers = [("Authorization", .secret(prefix: "Bearer ", Secret("hunter2")))]
            requests[index].timeouts.connect = .seconds(5)
            let error = try #require(await failed(requests[index]))
            let texts = [error.message, error.description, "\(error)", String(reflecting: error)]
            #expect(!texts.joined().contains("hunter2"))
        }
    }

    @Test func `a port that nobody listens on is an error of the connection`() async {
        let error = await failed(TransferRequest(.get, "https://127.0.0.1:1/", trust: server.authority))
        #expect(error?.code == .cannotConnect)
        #expect(error?.requestMayHaveLeft == false)
    }

    @Test func `more requests than connections wait for their turn`() async throws {
        var limits = TransferLimits()
        limits.connectionsPerHost = 2
        let engine = try TransferEngine(limits: limits)
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { try Echo(try await engine.perform(server.request(.get, "/echo"))).connection }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(numbers.count <= 2)
    }
}
