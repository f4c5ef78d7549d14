// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

@Suite struct LoginTests {
    private static let reader = ReplyReader(server: "main")
    private static let basic = Authorisation(scheme: "KSCBasic", value: Secret("x"))

    private func ok(_ json: String) -> ServerReply { ServerReply(status: 200, body: Array(json.utf8)) }

    private func describe(_ step: Login.Step) -> String {
        switch step {
        case .send(let path, let authorisation, let own):
            "\(path.rawValue) \(authorisation.map { $0.scheme } ?? "-") \(own ? "own" : "any")"
        case .opened(let id): "opened \(id.exposed())"
        case .connected: "connected"
        case .failed(let error): "failed \(error.code.rawValue)"
        }
    }

    private func run(_ kind: Login.Kind, _ replies: [ServerReply]) -> [String] {
        var login = Login(kind, Self.reader)
        var steps = [describe(login.begin())]
        for reply in replies { steps.append(describe(login.answered(reply) { 1 })) }
        return steps
    }

    private var totp: TOTP? { TOTP(base32: Secret("GEZDGNBVGY3TQOJQ")) }

    @Test func `an account opens a session with one request`() {
        let steps = run(.account(Self.basic, totp: nil), [ok(#"{"PxgRetVal":"id=="}"#)])
        #expect(steps == ["Session.StartSession KSCBasic any", "opened id=="])
    }

    @Test(arguments: [
        ServerReply(status: 401, challenge: "KSCMFA"),
        ServerReply(status: 401, body: Array("Authentication not finished".utf8)),
    ])
    func `a second step goes over the connection of the first, and a token from there opens the session`(
        pending: ServerReply
    ) {
        let steps = run(
            .account(Self.basic, totp: totp),
            [pending, ok("{}"), ok(#"{"PxgRetVal":"token"}"#), ok(#"{"PxgRetVal":"id"}"#)]
        )
        #expect(
            steps == [
                "login KSCBasic own", "login KSCMFA own", "Session.CreateToken - own", "Session.StartSession KSCT any",
                "opened id",
            ]
        )
    }

    @Test func `a server that asks for no second step gets none`() {
        let steps = run(.account(Self.basic, totp: totp), [ok("{}"), ok(#"{"PxgRetVal":"token"}"#)])
        #expect(steps == ["login KSCBasic own", "Session.CreateToken - own", "Session.StartSession KSCT any"])
    }

    @Test(arguments: [
        ServerReply(status: 401, body: Array("Authentication failure".utf8)), ServerReply(status: 403),
        ServerReply(status: 200, body: Array(#"{"PxgError":{"module":"KLSPL","code":2013}}"#.utf8)),
        ServerReply(status: 200, body: Array(#"{"PxgError":{"module":"KLSTD","code":1184}}"#.utf8)),
    ])
    func `a refusal is wrong credentials, at each step`(reply: ServerReply) {
        #expect(run(.account(Self.basic, totp: nil), [reply]).last == "failed wrongCredentials")
        #expect(run(.account(Self.basic, totp: totp), [reply]).last == "failed wrongCredentials")
        let pending = ServerReply(status: 401, challenge: "KSCMFA")
        #expect(run(.account(Self.basic, totp: totp), [pending, reply]).last == "failed wrongCredentials")
        // A second step that is not configured, and one that is asked for again.
        #expect(run(.account(Self.basic, totp: nil), [pending]).last == "failed wrongCredentials")
        #expect(run(.account(Self.basic, totp: totp), [pending, pending]).last == "failed wrongCredentials")
    }

    @Test func `a gateway is opened by its key, as a session or as a connection`() {
        #expect(
            run(.gatewaySession(key: Secret("k")), [ok(#"{"PxgRetVal":"id"}"#)]) == [
                "Session.StartSession KSCGW any", "opened id",
            ]
        )
        #expect(run(.gatewayConnection(key: Secret("k")), [ok("")]) == ["login KSCGW own", "connected"])
        #expect(run(.gatewayConnection(key: Secret("k")), [ok("<html>")]).last == "connected")
        let fault = ok(#"{"PxgError":{"module":"KLSTD","code":1193}}"#)
        #expect(run(.gatewayConnection(key: Secret("k")), [fault]).last == "failed upstreamError")
        #expect(run(.gatewayConnection(key: Secret("k")), [ServerReply(status: 401)]).last == "failed keyNotAccepted")
        #expect(run(.gatewaySession(key: Secret("k")), [ServerReply(status: 403)]).last == "failed keyNotAccepted")
    }

    @Test(arguments: ["{}", #"{"PxgRetVal":5}"#, #"{"PxgRetVal":""}"#, #"{"PxgRetVal":"a\nb"}"#, "x", ""])
    func `what is no session id is not taken for one`(json: String) {
        #expect(run(.account(Self.basic, totp: nil), [ok(json)]).last == "failed unintelligible")
    }

    @Test(arguments: [(500, "failed failed"), (503, "failed failed"), (404, "failed refused"), (302, "failed refused")])
    func `any other status is no refusal of the credentials`(status: Int, step: String) {
        #expect(run(.account(Self.basic, totp: nil), [ServerReply(status: status)]).last == step)
    }

    @Test func `a login says who it is and on which virtual server, and nothing else does`() throws {
        var profile = SecurityCenterProfile(
            name: "main",
            url: "https://ksc:13299/",
            account: .token(.web, { nil }),
            virtualServer: "vksc2"
        )
        let requests = ServerRequests(profile: profile)
        let login = requests.login(.startSession, Self.basic, isGateway: false, requestID: "r")
        #expect(login.url == "https://ksc:13299/api/v1.0/Session.StartSession")
        #expect(login.headers.map(\.name) == ["X-KSC-RequestId", "Authorization", "X-KSC-VServer"])
        guard case .plain("dmtzYzI=") = login.headers[2].value else {
            Issue.record("the virtual server is not as the vendor's example has it")
            return
        }
        let gateway = requests.login(.login, .gateway(Secret("k")), isGateway: true, requestID: "r")
        guard case .plain("") = gateway.headers[2].value, case .none = gateway.body else {
            Issue.record("a gateway's login names a virtual server")
            return
        }
        profile.virtualServer = ""
        let call = requests.call(
            MethodName(own: "A.B"),
            [],
            .session(Secret("s")),
            requestID: "r",
            within: .seconds(1)
        )
        #expect(call.headers.map(\.name) == ["X-KSC-RequestId", "X-KSC-Session"])
        let id = ServerRequests.requestID()
        #expect(id.utf8.count == 33 && id.split(separator: "_").allSatisfy { $0.utf8.count == 16 })
    }

    @Test(arguments: 0..<4)
    func `an upstream that repeats what a login sent is told without it, at each step`(failing: Int) async throws {
        let pending = ServerReply(status: 401, challenge: "KSCMFA")
        let replies = [pending, ok("{}"), ok(#"{"PxgRetVal":"token-token"}"#)].prefix(failing)
        let upstream = LoginTransport { number, seen in
            guard number >= replies.count else { return replies[number] }
            return ServerReply(status: 401, body: Array("no: \(seen.joined(separator: ", "))".utf8))
        }
        let account = PasswordAccount(user: "api", password: Secret("pa55word"), totp: Secret("GEZDGNBVGY3TQOJQ"))
        let link = ServerLink(upstream, account)
        let error = await error { try await link.logIn { _ in } }
        let text = try #require(error?.upstream?.text)
        #expect(text.hasPrefix("no: ") && text.contains("<removed>"))
        for secret in ["pa55word", "cGE1NXdvcmQ=", "token-token"] { #expect(!text.contains(secret)) }
        #expect(!text.contains(/[0-9]{6}/))
    }

    @Test(arguments: [("pa5", "x user=\"YQ==\", pass=\"cGE1\""), ("pa55word", "x cGE1NXdvcmQ= x")])
    func `no part of a header with a password comes back`(password: String, echo: String) async throws {
        let upstream = LoginTransport { _, _ in ServerReply(status: 407, body: Array(echo.utf8)) }
        let link = ServerLink(upstream, PasswordAccount(user: "a", password: Secret(password)))
        let text = try #require(await error { try await link.logIn { _ in } }?.upstream?.text)
        #expect(text.contains("<removed>") && !text.contains("cGE1"))
    }

    @Test func `a token that a cut text begins to repeat is not told`() async throws {
        let token = String(repeating: "abcdefghij", count: 400)
        let account = SecurityCenterAccount.token(.web, { Secret(token) })
        let upstream = LoginTransport { _, _ in ServerReply(status: 400, body: Array("no \(token)".utf8)) }
        let link = ServerLink(upstream, account)
        #expect(await error { try await link.logIn { _ in } }?.upstream?.text == "no <removed>")
    }

    @Test func `a connection that ends between the steps of a login is an unreachable server, and no gateway`() async {
        let pending = ServerReply(status: 401, challenge: "KSCMFA")
        let upstream = LoginTransport { number, _ throws(TransferError) in
            guard number == 0 else { throw TransferError(.connectionGone, "the connection has ended") }
            return pending
        }
        let account = PasswordAccount(user: "api", password: Secret("pa55word"), totp: Secret("GEZDGNBVGY3TQOJQ"))
        let link = ServerLink(upstream, account)
        #expect(await error { try await link.logIn { _ in } }?.code == .unreachable)
    }

    // MARK: One-time passwords

    /// Moves by the pauses of logins alone.
    private final class HeldTime: TimeSource {
        private let seconds = Locked(1_000_000_010.0)
        var now: Instant { Instant(nanoseconds: Int64(unixTime * 1_000_000_000)) }
        var unixTime: Double { seconds.withLock { $0 } }

        func pass(_ time: Duration) { seconds.withLock { $0 += time / .seconds(1) } }
    }

    private static let account = PasswordAccount(
        user: "api",
        password: Secret("pa55word"),
        totp: Secret("GEZDGNBVGY3TQOJQ")
    )

    private func codes(_ upstream: LoginTransport) -> [String] {
        upstream.authorisations.filter { $0.hasPrefix("KSCMFA") }
    }

    @Test func `no one-time password is sent twice: the next login waits for the next one`() async throws {
        let script = [
            ServerReply(status: 401, challenge: "KSCMFA"), ok("{}"), ok(#"{"PxgRetVal":"t"}"#),
            ok(#"{"PxgRetVal":"id"}"#),
        ]
        let upstream = LoginTransport { number, _ in script[number % 4] }
        let time = HeldTime()
        let link = ServerLink(upstream, Self.account, time: time)
        var pauses: [Duration] = []
        for _ in 0..<3 {
            _ = try await link.logIn { pause throws(SecurityCenterError) in
                pauses.append(pause)
                time.pass(pause)
            }
        }
        #expect(pauses == [.zero, .seconds(10), .seconds(30)])
        #expect(Set(codes(upstream)).count == 3)
        // Whoever waits no longer has used none.
        let left = await error { try await link.logIn { _ throws(SecurityCenterError) in throw GatewayPool.cancelled } }
        #expect(left?.code == .cancelled && codes(upstream).count == 3)
        time.pass(.seconds(30))
        _ = try await link.logIn { pause throws(SecurityCenterError) in pauses.append(pause) }
        #expect(pauses.last == .zero && Set(codes(upstream)).count == 4)
    }

    @Test func `a password that no server asked for is free for the next login`() async throws {
        let script = [ok("{}"), ok(#"{"PxgRetVal":"t"}"#), ok(#"{"PxgRetVal":"id"}"#)]
        let link = ServerLink(LoginTransport { number, _ in script[number % 3] }, Self.account, time: HeldTime())
        for _ in 0..<3 {
            _ = try await link.logIn { pause throws(SecurityCenterError) in #expect(pause == .zero) }
        }
    }

    @Test func `steps are taken once each, not too far ahead, and a clock that was set back locks nobody out`() {
        let steps = TOTPSteps()
        #expect((0..<6).map { _ in steps.take(unixTime: 3000) } == [100, 101, 102, 103, 104, nil])
        #expect(steps.renew(103, unixTime: 3150) == 103)
        #expect(steps.renew(104, unixTime: 3150) == 105)
        steps.giveBack(104)
        #expect(steps.take(unixTime: 3150) == 106)
        steps.giveBack(106)
        #expect(steps.take(unixTime: 3150) == 106)
        #expect(TOTPSteps().take(unixTime: -5) == 0)
        for stepsBack in [6, 40, 120, 40_000] {
            let later = TOTPSteps()
            _ = later.take(unixTime: Double(100 + stepsBack) * 30)
            #expect(later.take(unixTime: 3000) == 100, "\(stepsBack)")
        }
    }

    @Test func `the account is given up at the second one-time password in a row that is refused`() async throws {
        let pending = ServerReply(status: 401, challenge: "KSCMFA")
        let upstream = LoginTransport { number, _ in number % 2 == 0 ? pending : ServerReply(status: 401) }
        let time = HeldTime()
        let link = ServerLink(upstream, Self.account, time: time)
        var errors: [SecurityCenterError?] = []
        for _ in 0..<2 { errors.append(await error { try await link.logIn { time.pass($0) } }) }
        // One that says when to come back does not keep others from trying.
        #expect(errors.map { $0?.code } == [.wrongCredentials, .wrongCredentials])
        #expect(errors.map { $0?.retryAfter } == [.seconds(30), nil])
        #expect(Set(codes(upstream)).count == 2)
    }

    private func error(_ body: () async throws -> UpstreamSession) async -> SecurityCenterError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? SecurityCenterError
        }
    }

    @Test func `an account whose token is missing says so`() async throws {
        let scene = try Scene(account: .token(.oneTime, { nil }))
        #expect(await code { try await scene.whereAmI() } == .credentialMissing)
        let other = try Scene(account: .token(.oneTime, { Secret("t") }))
        #expect(try await other.whereAmI().result == "primary")
        let faulty = PasswordAccount(user: "a", password: Secret("b"), totp: Secret("!!"))
        #expect(await code { try await Scene(account: .password(faulty)).whereAmI() } == .credentialMissing)
    }
}
