// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

@Suite(.timeLimit(.minutes(2))) struct CallTests {
    /// A connection that ended in place of an answer.
    static let lost = TransferError(
        .emptyReply,
        "the connection was closed before a reply",
        requestMayHaveLeft: true,
        connectionWasReused: true
    )

    private func open(
        _ scene: Scene,
        binding: GatewayBinding = .session,
        owner: UInt32 = 1000
    ) async throws -> GatewayInfo {
        try await scene.pool.prepareGateway(
            server: "main",
            route: try RouteTests.route(secondaries: 0),
            binding: binding,
            owner: owner
        )
    }

    private func calls(_ scene: Scene) -> Int { scene.server.methods.filter { $0 == "Where.Am" }.count }

    // MARK: Sent once

    @Test(arguments: GatewayBinding.allCases)
    func `a call whose answer is lost is not sent again, and its outcome is unknown`(binding: GatewayBinding)
        async throws
    {
        let scene = try Scene()
        let gateway = try await open(scene, binding: binding)
        scene.server.onRequest { $0.method == "Where.Am" ? .lost(Self.lost) : nil }
        #expect(await code { try await scene.whereAmI(gateway) } == .outcomeUnknown)
        #expect(calls(scene) == 1)
    }

    @Test func `one that may be repeated is sent once more, on a new connection`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        let first = Locked(true)
        scene.server.onRequest { arrival in
            guard arrival.method == "Where.Am" else { return nil }
            let isFirst = first.withLock { first in
                defer { first = false }
                return first
            }
            return isFirst ? .lost(Self.lost) : nil
        }
        #expect(try await scene.whereAmI(gateway, isIdempotent: true).result == "h-primary")
        #expect(calls(scene) == 2)
        // Never a third time.
        scene.server.onRequest { $0.method == "Where.Am" ? .lost(Self.lost) : nil }
        #expect(await code { try await scene.whereAmI(gateway, isIdempotent: true) } == .unreachable)
        #expect(calls(scene) == 4)
    }

    @Test func `a request that never left is unreachable, and harmless`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.onRequest { $0.method == "Where.Am" ? .failed(TransferError(.cannotConnect, "")) : nil }
        #expect(await code { try await scene.whereAmI(gateway) } == .unreachable)
        scene.server.onRequest { _ in nil }
        #expect(try await scene.whereAmI(gateway).generation == 1)
    }

    // MARK: Session gone, or no permission

    @Test(arguments: [401, 403])
    func `a session that is gone is opened anew, the handle stays and the generation rises`(status: Int) async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        #expect(try await scene.whereAmI(gateway).generation == 1)
        scene.server.expire("h-primary")
        scene.server.onRequest { arrival in
            arrival.node == nil && arrival.method != "Session.StartSession" ? .reply(ServerReply(status: status)) : nil
        }
        let reply = try await scene.whereAmI(gateway)
        #expect(reply.generation == 2)
        #expect(reply.result == "h-primary")
        #expect(try await scene.pool.gateway(gateway.handle, owner: 1000).generation == 2)
        #expect(calls(scene) == 3)
        #expect(scene.server.methods.filter { $0 == "Session.Ping" }.count == 1)
    }

    @Test func `calls at once over a session that is gone open one new session`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.expire("h-primary")
        let generations = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<12 { group.addTask { try await scene.whereAmI(gateway).generation } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(generations.allSatisfy { $0 == 2 })
        await scene.eventually { scene.server.openSessions == ["h-primary", "primary"] }
        #expect(scene.server.methods.filter { $0.hasPrefix("GatewayConnection") }.count == 2)
    }

    @Test func `a primary's session that is gone is opened anew too`() async throws {
        let scene = try Scene()
        _ = try await scene.whereAmI()
        scene.server.expire("primary")
        #expect(try await scene.whereAmI().result == "primary")
    }

    @Test(arguments: [401, 403])
    func `a refusal on a session that answers a ping is no permission`(status: Int) async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.onRequest {
            $0.method == "Where.Am" ? .reply(ServerReply(status: status, body: Array("no".utf8))) : nil
        }
        do {
            _ = try await scene.whereAmI(gateway)
            Issue.record("it was allowed")
        } catch let error as SecurityCenterError {
            #expect(error.code == .noPermission)
            #expect(error.upstream?.status == status && error.upstream?.text == "no")
        }
        #expect(calls(scene) == 1)
        #expect(try await scene.pool.gateway(gateway.handle, owner: 1000).generation == 1)
    }

    @Test func `a refusal that repeats the session's id is told without it, after a new session too`() async throws {
        let scene = try Scene()
        _ = try await scene.whereAmI()
        let ids = (1...9).map { "session-\($0)" }
        let body = Array("no \(ids.joined(separator: " "))".utf8)
        scene.server.onRequest { $0.method == "Where.Am" ? .reply(ServerReply(status: 403, body: body)) : nil }
        let first = scene.server.sessionIDs
        #expect(await refusal(scene) == Set(ids).subtracting(first))
        scene.server.expire("primary")
        #expect(await refusal(scene) == Set(ids).subtracting(first + scene.server.sessionIDs))
        #expect(first.count == 1 && first != scene.server.sessionIDs)
    }

    private func refusal(_ scene: Scene) async -> Set<String> {
        do {
            _ = try await scene.whereAmI()
            return []
        } catch {
            let text = (error as? SecurityCenterError)?.upstream?.text ?? ""
            return Set(text.split(separator: " ").map(String.init)).subtracting(["no", "<removed>"])
        }
    }

    private static let fault = ServerReply(status: 200, body: Array(#"{"PxgError":{"code":1184}}"#.utf8))

    @Test(arguments: [fault, ServerReply(status: 404)])
    func `a session whose ping fails in another way is opened anew once`(ping: ServerReply) async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.expire("h-primary")
        scene.server.onRequest { $0.method == "Session.Ping" ? .reply(ping) : nil }
        let reply = try await scene.whereAmI(gateway)
        #expect(reply.generation == 2 && calls(scene) == 2)
        // Where the new one answers in the same way, it is the account that may not.
        scene.server.onRequest { arrival in
            switch arrival.method {
            case "Session.Ping": .reply(ping)
            case "Where.Am": .reply(ServerReply(status: 403))
            default: nil
            }
        }
        #expect(await code { try await scene.whereAmI(gateway) } == .noPermission)
        #expect(calls(scene) == 4)
        #expect(try await scene.pool.gateway(gateway.handle, owner: 1000).state == .open)
    }

    @Test func `a server that fails when it is pinged says nothing of permissions`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.onRequest { arrival in
            switch arrival.method {
            case "Session.Ping": .reply(ServerReply(status: 503))
            case "Where.Am": .reply(ServerReply(status: 403))
            default: nil
            }
        }
        let error = await failure { try await scene.whereAmI(gateway) }
        #expect(error?.code == .failed && error?.requestMayHaveLeft == false)
        #expect(calls(scene) == 1)
    }

    @Test func `a call whose session cannot be opened has not left`() async throws {
        let scene = try Scene()
        for method in ["Session.StartSession", "CgwHelper.GetNagentLocation"] {
            scene.server.onRequest { $0.method == method ? .reply(ServerReply(status: 500)) : nil }
            let route = try RouteTests.route(secondaries: 0)
            let error = await failure { try await scene.whereAmI(route) }
            #expect(error?.code == .failed && error?.requestMayHaveLeft == false)
        }
        #expect(calls(scene) == 0)
    }

    private func failure(_ body: () async throws -> CallReply) async -> SecurityCenterError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? SecurityCenterError
        }
    }

    @Test func `a session that is gone again at once is given up`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.onRequest { arrival in
            ["Where.Am", "Session.Ping"].contains(arrival.method) ? .reply(ServerReply(status: 403)) : nil
        }
        #expect(await code { try await scene.whereAmI(gateway) } == .sessionLost)
        #expect(calls(scene) == 2)
        scene.server.onRequest { _ in nil }
        #expect(try await scene.whereAmI(gateway).generation == 3)
    }

    // MARK: Many calls

    @Test func `at most four calls go through a gateway by session at once, the others wait`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        let gate = Gate()
        scene.server.onRequest { $0.method == "Where.Am" ? .held(gate) : nil }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { _ = try? await scene.whereAmI(gateway) } }
            await scene.eventually { gate.count == 4 }
            #expect(await scene.pool.gateways(owner: 1000).first?.callsInFlight == 4)
            gate.open()
        }
        #expect(calls(scene) == 10)
        #expect(await scene.pool.gateways(owner: 1000).first?.callsInFlight == 0)
    }

    @Test func `a caller that leaves while it waits takes no turn`() async throws {
        let scene = try Scene()
        let gateway = try await open(scene, binding: .connection)
        let gate = Gate()
        scene.server.onRequest { $0.method == "Where.Am" ? .held(gate) : nil }
        async let first = scene.whereAmI(gateway)
        await scene.eventually { gate.count == 1 }
        let waiting = Task { await code { try await scene.whereAmI(gateway) } }
        waiting.cancel()
        #expect(await waiting.value == .cancelled)
        gate.open()
        #expect(try await first.result == "h-primary")
        #expect(calls(scene) == 1)
    }

    @Test func `a caller that leaves while its call is under way hears that it may have been carried out`() async throws
    {
        let scene = try Scene()
        let gateway = try await open(scene)
        let gate = Gate()
        scene.server.onRequest { $0.method == "Where.Am" ? .held(gate) : nil }
        let task = Task { () -> SecurityCenterError? in
            do {
                _ = try await scene.whereAmI(gateway)
                return nil
            } catch {
                return error as? SecurityCenterError
            }
        }
        await scene.eventually { gate.count == 1 }
        task.cancel()
        gate.open()
        let error = await task.value
        #expect(error?.code == .cancelled && error?.requestMayHaveLeft == true)
    }

    // MARK: Answers

    @Test(arguments: [
        (
            #"{"PxgError":{"code":1193,"module":"KLSTD","message":"not permitted"}}"#,
            SecurityCenterError.Code.upstreamError
        ),
        ("{\"PxgRetVal\":", .unintelligible), ("", .unintelligible),
    ])
    func `what the server says is an error of its kind and leaves the gateway alone`(
        body: String,
        expected: SecurityCenterError.Code
    ) async throws {
        let scene = try Scene()
        let gateway = try await open(scene)
        scene.server.onAnswer { $0.method == "Where.Am" ? body : nil }
        #expect(await code { try await scene.whereAmI(gateway) } == expected)
        scene.server.onAnswer { _ in nil }
        #expect(try await scene.whereAmI(gateway).generation == 1)
    }

    @Test func `a long answer is read, and one that is too long has its own error`() async throws {
        let scene = try Scene()
        let text = String(repeating: "x", count: 200_000)
        scene.server.onAnswer { $0.method == "Where.Am" ? "{\"PxgRetVal\":\"\(text)\"}" : nil }
        #expect(try await scene.whereAmI().result.string?.count == 200_000)
        scene.server.onRequest { arrival in
            arrival.method == "Where.Am" ? .lost(TransferError(.replyTooLarge, "", requestMayHaveLeft: true)) : nil
        }
        #expect(await code { try await scene.whereAmI() } == .replyTooLarge)
    }

    @Test func `an unknown server is an error of its own`() async throws {
        let scene = try Scene()
        #expect(
            await code {
                try await scene.pool.call(server: "other", route: .primary, Scene.whereCall(), owner: 1)
            } == .unknownServer
        )
    }

    // MARK: Logins

    @Test func `wrong credentials are not tried again at once, by anyone`() async throws {
        let scene = try Scene()
        scene.server.onRequest { $0.method == "Session.StartSession" ? .reply(ServerReply(status: 401)) : nil }
        #expect(await code { try await scene.whereAmI() } == .wrongCredentials)
        scene.server.onRequest { _ in nil }
        #expect(await code { try await scene.whereAmI(owner: 1001) } == .wrongCredentials)
        #expect(scene.server.methods.filter { $0 == "Session.StartSession" }.count == 1)
        await scene.pool.credentialsMayHaveChanged(server: "main")
        #expect(try await scene.whereAmI(owner: 1001).result == "primary")
    }

    @Test func `a server that cannot be reached is tried again by the next call`() async throws {
        let scene = try Scene()
        scene.server.onRequest { _ in .failed(TransferError(.cannotConnect, "")) }
        #expect(await code { try await scene.whereAmI() } == .unreachable)
        scene.server.onRequest { _ in nil }
        #expect(try await scene.whereAmI().result == "primary")
    }

    @Test func `sessions are never shared across users`() async throws {
        let scene = try Scene()
        let route = try RouteTests.route(secondaries: 0)
        _ = try await scene.whereAmI(route, owner: 1000)
        _ = try await scene.whereAmI(route, owner: 1001)
        _ = try await scene.whereAmI(route, owner: 1000)
        #expect(scene.server.openSessions == ["h-primary", "h-primary", "primary", "primary"])
        #expect(await code { try await scene.whereAmI(route, owner: 65534) } == .noOwner)
    }
}
