// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// The accounts that a Security Center knows, and what becomes of one that it refuses.
@Suite(.timeLimit(.minutes(2))) struct GatewayAccountTests {
    private static let usual = "      user: api\n      password: ksc-password\n      internal: true\n"

    /// A scene whose daemon has another account, and perhaps other content in the lab's credential files.
    private func scene(_ account: [String], server: String = "", credentials: [String: String] = [:]) throws -> Scene {
        try Scene { configuration, lab in
            for (name, content) in credentials { try lab.writeCredential(name, content) }
            let lines = account.map { "      \($0)\n" }.joined()
            guard configuration.contains(Self.usual) else { throw TestFault("another configuration: \(configuration)") }
            return configuration.replacing(Self.usual, with: lines) + server
        }
    }

    private func opens(_ scene: Scene) throws {
        let client = try scene.connect()
        let handle = try client.openGateway(["agent": .string(try scene.lab.host("MAIN-WS-1"))])
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["error"] == nil)
    }

    @Test func `an account with a second step logs in by its one-time password`() throws {
        let scene = try scene([
            "user: auditor", "password: ksc-auditor-password", "totp: ksc-auditor-totp", "internal: true",
        ])
        try opens(scene)
        let logins = try scene.lab.calls().filter { !$0.scheme.isEmpty }
        #expect(logins.map(\.scheme) == ["KSCBasic", "KSCMFA", "KSCT", "KSCGW"])
        // Both steps belong to one connection, which is given up when its token has opened a session.
        #expect(Set(logins.prefix(2).map(\.connection)).count == 1)
        try waitUntil("the connection is closed") { try scene.lab.open("connectionLogins") == 0 }
    }

    @Test(arguments: [[], ["domainEncoding: base64"], ["domainEncoding: plain"]])
    func `an account of a domain logs in however its domain is written`(encoding: [String]) throws {
        let account = ["user: operator", "password: ksc-operator-password", "domain: CORP"]
        try opens(try scene(account + encoding))
    }

    @Test func `a web token logs in, and is read anew at every login`() throws {
        let scene = try scene(["webToken: ksc-webtoken"])
        try opens(scene)
        #expect(try scene.lab.calls().first?.scheme == "KSCWT")
        let token = try scene.lab.credential("ksc-webtoken")
        try scene.lab.writeCredential("ksc-webtoken", "no-longer-good")
        try scene.lab.revoke("session")
        let client = try scene.connect()
        #expect(try client.call("listSecondaries").errorKind == "wrongCredentials")
        // Whoever renews it need not tell the daemon.
        try scene.lab.writeCredential("ksc-webtoken", token)
        #expect(try client.call("listSecondaries")["error"] == nil)
    }

    @Test func `a virtual server has its own hosts`() throws {
        func hosts(_ scene: Scene) throws -> [String] {
            let reply = try scene.connect().call("findHosts", ["filter": "(KLHST_WKS_DN=\"MAIN-*\")"])
            return reply["result"]?["hosts"]?.array?.compactMap { $0["displayName"]?.string } ?? []
        }
        let account = ["user: api", "password: ksc-password", "internal: true"]
        #expect(try hosts(try scene(account)).contains("MAIN-WS-1"))
        let branch = try scene(account, server: "    virtualServer: Branch offices\n")
        #expect(try hosts(branch) == ["MAIN-VIRTUAL"])
        _ = try branch.connect().openGateway(["agent": .string(try branch.lab.host("MAIN-VIRTUAL"))])
    }

    @Test(arguments: [
        ["user: api", "password: ksc-password", "internal: true"],
        ["user: nobody", "password: ksc-auditor-password", "internal: true"],
        ["user: auditor", "password: ksc-auditor-password", "internal: true"],
        ["user: auditor", "password: ksc-auditor-password", "totp: ksc-auditor-totp", "internal: true"],
        ["webToken: ksc-webtoken"],
    ])
    func `wrong credentials are said, and not tried again whoever asks how often`(account: [String]) throws {
        let scene = try scene(
            account,
            credentials: [
                "ksc-password": "wrong", "ksc-webtoken": "wrong-token", "ksc-auditor-totp": "JBSWY3DPEHPK3PXP",
            ]
        )
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let client = try scene.connect()
        for id in 0..<10 {
            try client.request("prepareGateway", ["target": target], id: .number(JSONNumber(id)))
            let call: JSONValue = ["target": ["secondary": 1], "method": "HostGroup.GroupIdGroups"]
            try client.request("callAgent", call, id: .number(JSONNumber(100 + id)))
        }
        for _ in 0..<20 {
            let reply = try client.reply()
            #expect(reply.errorKind == "wrongCredentials", "\(reply.text)")
            #expect(reply["error"]?["data"]?["retryable"] == false)
        }
        // One refused one-time password may be the clocks' fault: the next login sends another one, in its time.
        let hasSecondStep = account.contains { $0.hasPrefix("totp:") }
        if hasSecondStep { #expect(try scene.connect().call("listSecondaries").errorKind == "wrongCredentials") }
        for _ in 0..<5 {
            let reply = try scene.connect().call("listSecondaries")
            #expect(reply.errorKind == "wrongCredentials")
            #expect((reply["error"]?["data"]?["retryAfterMs"]?.integer ?? 0) > 60_000, "\(reply.text)")
        }
        // One attempt; with a second step two, of two requests each.
        let attempts = try scene.lab.calls().filter { !$0.scheme.isEmpty }
        #expect(attempts.count { $0.scheme != "KSCMFA" } == (hasSecondStep ? 2 : 1), "\(attempts)")
        #expect(attempts.count == (hasSecondStep ? 4 : 1))
    }

    /// It was told in the one answer, and nowhere afterwards; and only a restart let it be tried again.
    @Test func `an account that was refused stands in the state of the tokens, and a refresh lets it be tried again`()
        throws
    {
        let folder = try TemporaryFolder()
        let scene = try Scene(daemon: ["--admin-listen", folder.path("admin")], in: folder)
        let client = try scene.connect()
        let admin = try WireClient(folder.path("admin"), keeping: scene)
        try scene.lab.fault("Session.StartSession:status=401,times=1")
        #expect(try client.call("listSecondaries").errorKind == "wrongCredentials")
        for reader in [client, admin] {
            let session = try reader.call("tokenStatus")["result"]?["sessions"]?.array?.first
            #expect(session?["state"] == "failed" && session?["server"] == "main", "\(session?.text ?? "")")
            #expect(session?["lastFailure"]?["kind"] == "wrongCredentials")
            #expect(session?["nextAttemptAt"]?.string != nil)
        }
        #expect(try client.call("listSecondaries").errorKind == "wrongCredentials")
        _ = try admin.call("tokenRefresh")
        #expect(try client.call("listSecondaries")["result"] != nil)
        let sessions = try client.call("tokenStatus")["result"]?["sessions"]?.array ?? []
        #expect(sessions.allSatisfy { $0["state"] == "open" && $0["lastFailure"] == .null }, "\(sessions)")
    }

    @Test func `a second step that is not configured is named`() throws {
        let scene = try scene(["user: auditor", "password: ksc-auditor-password", "internal: true"])
        let reply = try scene.connect().call("listSecondaries")
        #expect(reply["error"]?["message"]?.string?.contains("totp") == true, "\(reply.text)")
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `credentials that were refused to one user are not tried for another`() throws {
        let scene = try Scene(administrators: Scene.otherUser) { configuration, lab in
            try lab.writeCredential("ksc-password", "wrong")
            return configuration
        }
        #expect(try scene.connect().call("listSecondaries").errorKind == "wrongCredentials")
        let other = try scene.connect(as: Scene.otherUser)[0]
        #expect(try other.call("listSecondaries").errorKind == "wrongCredentials")
        #expect(try scene.lab.calls().count == 1)
    }
}
