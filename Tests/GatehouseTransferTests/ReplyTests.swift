// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Testing

@Suite(.timeLimit(.minutes(2))) struct ReplyTests {
    let server: LoopbackServer
    let engine: TransferEngine

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
    }

    @Test func `a reply has its status, its fields in order and its body`() async throws {
        let response = try await engine.perform(server.request(.get, "/echo?a=1"))
        let echo = try Echo(response)
        #expect(response.status == 200)
        #expect(echo.method == "GET")
        #expect(echo.target == "/echo?a=1")
        #expect(response.header("content-type") == "application/json")
        #expect(response.headers.filter { $0.name == "x-one" }.map(\.value) == ["1", "2"])
        #expect(response.bytesSent == 0)
    }

    @Test(arguments: [200, 201, 204, 400, 401, 403, 404, 429, 500, 503])
    func `any status is a reply`(status: Int) async throws {
        // A reply with 204 has no body, whatever this server says.
        guard status != 204 else { return }
        let response = try await engine.perform(server.request(.post, "/status?code=\(status)"))
        #expect(response.status == status)
    }

    @Test func `a redirect is a reply and not followed`() async throws {
        let response = try await engine.perform(server.request(.get, "/redirect"))
        #expect(response.status == 302)
        #expect(response.header("location") == "/echo")
    }

    @Test func `a POST without a body says length 0 and no type`() async throws {
        let echo = try Echo(try await engine.perform(server.request(.post, "/echo")))
        #expect(echo.field("Content-Length") == "0")
        #expect(echo.field("Content-Type") == nil)
        #expect(echo.field("Expect") == nil)
        #expect(echo.field("Transfer-Encoding") == nil)
        #expect(echo.field("Accept-Encoding") == nil)
    }

    @Test(arguments: [0, 1, 1 << 20])
    func `bytes arrive as they are`(count: Int) async throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let body = TransferRequest.Body.bytes(bytes, contentType: "text/x-test")
        let response = try await engine.perform(server.request(.post, "/echo", body: body))
        let echo = try Echo(response)
        #expect(echo.length == count)
        #expect(echo.field("Content-Type") == "text/x-test")
        #expect(echo.field("Expect") == nil)
        #expect(response.bytesSent == Int64(count))
    }

    @Test func `secrets arrive in header and body`() async throws {
        var request = server.request(
            .post,
            "/echo",
            body: .secretBytes(Secret("grant=x&s=y"), contentType: "application/x-www-form-urlencoded")
        )
        request.headers = [
            ("Authorization", .secret(prefix: "Bearer ", Secret("token"))), ("X-Empty", .plain("")),
        ]
        let echo = try Echo(try await engine.perform(request))
        #expect(echo.field("Authorization") == "Bearer token")
        #expect(echo.field("X-Empty") == "")
        #expect(echo.body == "grant=x&s=y")
    }

    @Test func `connections are kept, unless a fresh one is asked for`() async throws {
        let first = try await engine.perform(server.request(.get, "/echo"))
        let second = try await engine.perform(server.request(.get, "/echo"))
        var request = server.request(.get, "/echo")
        request.freshConnection = true
        let third = try await engine.perform(request)
        #expect([first, second, third].map(\.reusedConnection) == [false, true, false])
        #expect(try Echo(first).connection == Echo(second).connection)
        #expect(try Echo(first).connection != Echo(third).connection)
    }

    @Test(arguments: [
        ("/cut", [TransferError.Code.cutReply]), ("/cut-head", [.cutReply]), ("/cut-chunk", [.cutReply]),
        ("/nothing", [.emptyReply]),
        ("/garbage", [.protocolError]), ("/endless-head", [.protocolError]), ("/fields?number=129", [.protocolError]),
        ("/fields?number=100&length=1000", [.protocolError]), ("/endless-interim", [.protocolError]),
        // Once told as a lack of memory here.
        ("/fields?number=1&length=2000000", [.replyTooLarge]),
    ])
    func `a reply that is not whole is an error`(path: String, codes: [TransferError.Code]) async throws {
        let error = await failure { () throws(TransferError) in
            try await engine.perform(server.request(.post, path))
        }
        #expect(codes.contains(try #require(error).code))
        #expect(error?.requestMayHaveLeft == true)
    }

    @Test(arguments: [17, 18, 30, 36, 38])
    func `a reply that ends within its header is cut, and not one without a body`(bytes: Int) async throws {
        var request = server.request(.get, "/cut-head-raw?bytes=\(bytes)")
        // On a kept connection libcurl takes it for a connection that died before the reply.
        request.freshConnection = true
        let error = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.code == .cutReply)
        #expect(error?.requestMayHaveLeft == true)
    }

    @Test func `a reply that only the end of the connection ends is told apart`() async throws {
        #expect(try await engine.perform(server.request(.get, "/cut-raw")).isDelimited == false)
        #expect(try await engine.perform(server.request(.get, "/echo")).isDelimited)
        #expect(try await engine.perform(server.request(.get, "/redirect")).isDelimited)
    }

    @Test func `interim replies leave no fields`() async throws {
        let response = try await engine.perform(server.request(.get, "/interim"))
        #expect(response.header("x-early") == nil)
        #expect(response.header("x-late") == "1")
        #expect(response.body == Array("late".utf8))
    }

    @Test func `a body may be as long as its bound and no longer`() async throws {
        var request = server.request(.get, "/big?bytes=100000")
        request.maximumReplyBytes = 100_000
        #expect(try await engine.perform(request).body.count == 100_000)
        request.maximumReplyBytes = 99_999
        let error = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.code == .replyTooLarge)
    }

    @Test func `a server that says nothing runs into the idle time`() async throws {
        var request = server.request(.post, "/hang")
        request.timeouts.idle = .milliseconds(300)
        let error = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.code == .timedOut)
        #expect(error?.requestMayHaveLeft == true)
    }

    @Test func `a server that says nothing runs into the total time`() async throws {
        var request = server.request(.post, "/hang")
        request.timeouts.total = .seconds(1)
        let error = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.code == .timedOut)
    }

    @Test func `a handshake that never ends runs into the connect time`() async throws {
        var request = TransferRequest(.get, "https://127.0.0.1:\(server.silentPort)/", trust: server.authority)
        request.timeouts.connect = .milliseconds(300)
        let error = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.code == .connectTimeout)
        #expect(error?.requestMayHaveLeft == false)
    }
}
