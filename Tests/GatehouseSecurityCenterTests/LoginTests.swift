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
        for reply in replies { steps.append(describe(login.answered(reply, unixTime: 59))) }
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
        let error = await error { try await link.logIn() }
        let text = try #require(error?.upstream?.text)
        #expect(text.hasPrefix("no: ") && text.contains("<removed>"))
        for secret in ["pa55word", "cGE1NXdvcmQ=", "token-token"] { #expect(!text.contains(secret)) }
        #expect(!text.contains(/[0-9]{6}/))
    }

    @Test(arguments: [("pa5", "x user=\"YQ==\", pass=\"cGE1\""), ("pa55word", "x cGE1NXdvcmQ= x")])
    func `no part of a header with a password comes back`(password: String, echo: String) async throws {
        let upstream = LoginTransport { _, _ in ServerReply(status: 407, body: Array(echo.utf8)) }
        let link = ServerLink(upstream, PasswordAccount(user: "a", password: Secret(password)))
        let text = try #require(await error { try await link.logIn() }?.upstream?.text)
        #expect(text.contains("<removed>") && !text.contains("cGE1"))
    }

    @Test func `a token that a cut text begins to repeat is not told`() async throws {
        let token = String(repeating: "abcdefghij", count: 400)
        let account = SecurityCenterAccount.token(.web, { Secret(token) })
        let upstream = LoginTransport { _, _ in ServerReply(status: 400, body: Array("no \(token)".utf8)) }
        let link = ServerLink(upstream, account)
        #expect(await error { try await link.logIn() }?.upstream?.text == "no <removed>")
    }

    @Test func `a connection that ends between the steps of a login is an unreachable server, and no gateway`() async {
        let pending = ServerReply(status: 401, challenge: "KSCMFA")
        let upstream = LoginTransport { number, _ throws(TransferError) in
            guard number == 0 else { throw TransferError(.connectionGone, "the connection has ended") }
            return pending
        }
        let account = PasswordAccount(user: "api", password: Secret("pa55word"), totp: Secret("GEZDGNBVGY3TQOJQ"))
        let link = ServerLink(upstream, account)
        #expect(await error { try await link.logIn() }?.code == .unreachable)
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
