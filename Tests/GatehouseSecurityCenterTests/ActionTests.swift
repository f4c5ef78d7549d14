// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

@Suite(.timeLimit(.minutes(2))) struct ActionTests {
    private static let reader = ReplyReader(server: "main")

    private func reply(_ json: String) throws -> CallReply {
        try ReplyReader(server: "main").read(
            ServerReply(status: 200, body: Array(json.utf8)),
            of: MethodName(own: "A.B")
        )
    }

    private func error(_ module: String, _ number: Int) -> SecurityCenterError {
        let fault = ServerFault(["module": .string(module), "code": .number(JSONNumber(number))])
        return ReplyReader(server: "main").error(fault, MethodName(own: "A.B"))
    }

    @Test(arguments: [
        (Int64(500), Duration.milliseconds(500)), (0, .milliseconds(20)), (-5, .milliseconds(20)),
        (3_600_000, .seconds(30)),
        (Int64.max, .seconds(30)),
    ])
    func `the server's delay is kept, within reason`(wish: Int64, delay: Duration) throws {
        var follower = ActionFollower(id: "a", Self.reader)
        let step = follower.answered(
            .success(try reply("{\"bFinalized\":false,\"lStateCode\":7,\"lNextCheckDelay\":\(wish)}"))
        )
        #expect(step == .report(ActionResult(id: "a", stateCode: 7), thenAskAfter: delay))
    }

    @Test func `success ends with the state's data`() throws {
        var follower = ActionFollower(id: "a", Self.reader)
        let step = follower.answered(
            .success(try reply(#"{"bFinalized":true,"bSuccededFinalized":true,"lStateCode":1,"pStateData":{"x":1}}"#))
        )
        #expect(step == .done(ActionResult(id: "a", stateCode: 1, stateData: ["x": 1], isFinal: true)))
    }

    @Test(arguments: [
        (
            #"{"KLBLAG_ERROR_CODE":1186,"KLBLAG_ERROR_MODULE":"KLSTD","KLBLAG_ERROR_MSG":"no file"}"#,
            "KLSTD 1186", "no file"
        ),
        (
            #"{"KLBLAG_ERROR_INFO":{"type":"params","value":{"KLBLAG_ERROR_CODE":7,"KLBLAG_ERROR_MSG":"m"}}}"#, "7", "m"
        ),
        (#"{"GNRL_EA_DESCRIPTION":"d"}"#, nil, "d"), ("null", nil, nil), ("{\"a\":null}", nil, nil),
    ])
    func `failure says what the server says`(data: String, code: String?, text: String?) throws {
        var follower = ActionFollower(id: "a", Self.reader)
        let step = follower.answered(
            .success(try reply("{\"bFinalized\":true,\"bSuccededFinalized\":false,\"pStateData\":\(data)}"))
        )
        guard case .failed(let error) = step else {
            Issue.record("it did not fail")
            return
        }
        #expect(error.code == .actionFailed)
        #expect(error.upstream?.code == code && error.upstream?.text == text)
        #expect(error.upstream?.name == "main")
    }

    @Test func `a server that fails is looked at again, as one that is silent is`() {
        var follower = ActionFollower(id: "a", Self.reader)
        let busy = SecurityCenterError(.failed, "", requestMayHaveLeft: true)
        for _ in 0..<3 { #expect(follower.answered(.failure(busy)) == .ask(after: .seconds(1))) }
        #expect(follower.answered(.failure(busy)) == .failed(busy))
    }

    @Test func `asked too early, it asks later, but not for ever`() {
        var follower = ActionFollower(id: "a", Self.reader)
        #expect(follower.answered(.failure(error("KLSTD", 1195))) == .ask(after: .milliseconds(250)))
        #expect(follower.answered(.failure(error("KLSTD", 1195))) == .ask(after: .milliseconds(500)))
        for _ in 0..<18 { _ = follower.answered(.failure(error("KLSTD", 1195))) }
        #expect(follower.answered(.failure(error("KLSTD", 1195))) == .failed(error("KLSTD", 1195)))
    }

    @Test func `an action of another session is lost`() {
        var follower = ActionFollower(id: "a", Self.reader)
        guard case .failed(let failure) = follower.answered(.failure(error("KLSTD", 1184))) else {
            Issue.record("it did not fail")
            return
        }
        #expect(failure.code == .sessionLost)
    }

    @Test func `an answer that got lost may have been the last`() {
        var follower = ActionFollower(id: "a", Self.reader)
        let lost = SecurityCenterError(.outcomeUnknown, "", requestMayHaveLeft: true)
        #expect(follower.answered(.failure(lost)) == .ask(after: .seconds(1)))
        guard case .failed(let failure) = follower.answered(.failure(error("KLSTD", 1186))) else {
            Issue.record("it did not fail")
            return
        }
        #expect(failure.code == .outcomeUnknown)
        var unknown = ActionFollower(id: "a", Self.reader)
        #expect(unknown.answered(.failure(error("KLSTD", 1186))) == .failed(error("KLSTD", 1186)))
    }

    @Test(arguments: [
        ("A.RunAsync", #"{"PxgRetVal":"id"}"#, "id"), ("A.Run", #"{"PxgRetVal":"id"}"#, nil),
        ("A.Run", #"{"strActionGuid":"g"}"#, "g"), ("A.FindAsync", #"{"strRequestId":"r","PxgRetVal":3}"#, "r"),
        ("A.RunAsync", "{}", nil), ("A.RunAsync", #"{"PxgRetVal":""}"#, nil),
    ])
    func `the action's id is found where methods return it`(method: String, json: String, id: String?) throws {
        #expect(ActionFollower.id(in: try reply(json), of: MethodName(own: method)) == id)
    }

    // MARK: With a pool

    /// An agent whose action takes some looks.
    private func scene(_ states: [String]) throws -> Scene {
        let scene = try Scene()
        let rest = Locked(states)
        scene.server.onAnswer { arrival in
            switch arrival.method {
            case "A.RunAsync": "{\"PxgRetVal\":\"action\"}"
            case "AsyncActionStateChecker.CheckActionState":
                rest.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            default: nil
            }
        }
        return scene
    }

    private static let goesOn = #"{"bFinalized":false,"lStateCode":5,"lNextCheckDelay":20}"#
    private static let ended = #"{"bFinalized":true,"bSuccededFinalized":true,"lStateCode":1,"pStateData":{"x":1}}"#
    private static let call = MethodCall(MethodName(own: "A.RunAsync"))

    @Test(arguments: [true, false])
    func `an action is followed to its end in its own session`(byHandle: Bool) async throws {
        let scene = try scene([Self.goesOn, Self.goesOn, Self.ended])
        let route = try RouteTests.route(secondaries: 0)
        let seen = Locked(0)
        let progress: @Sendable (ActionResult) -> Void = { _ in seen.withLock { $0 += 1 } }
        let reply: CallReply
        if byHandle {
            let gateway = try await scene.pool.prepareGateway(server: "main", route: route, owner: 1000)
            reply = try await scene.pool.call(gateway.handle, Self.call, owner: 1000, follow: progress)
        } else {
            reply = try await scene.pool.call(server: "main", route: route, Self.call, owner: 1000, follow: progress)
        }
        #expect(reply.result == "action")
        #expect(reply.action?.stateData == ["x": 1] && reply.action?.isFinal == true)
        #expect(seen.withLock { $0 } == 2)
        let looks = scene.server.arrivals.filter { $0.method.hasPrefix("AsyncAction") }
        #expect(looks.allSatisfy { $0.node == "h-primary" && $0.body == #"{"wstrActionGuid":"action"}"# })
    }

    @Test(arguments: [true, false])
    func `an action whose session goes is lost, and not looked for in another`(byHandle: Bool) async throws {
        let scene = try scene([Self.goesOn])
        let lookCount = Locked(0)
        scene.server.onRequest { arrival in
            // The second look finds no session, and no ping does.
            let isLook = arrival.method.hasPrefix("AsyncAction")
            let looks = lookCount.withLock { count in
                if isLook { count += 1 }
                return count
            }
            let isGone = looks > 1 && (isLook || arrival.method == "Session.Ping")
            return isGone ? .reply(ServerReply(status: 403)) : nil
        }
        let route = try RouteTests.route(secondaries: 0)
        let failed: SecurityCenterError.Code?
        if byHandle {
            let gateway = try await scene.pool.prepareGateway(server: "main", route: route, owner: 1000)
            failed = await code { try await scene.pool.call(gateway.handle, Self.call, owner: 1000) { _ in } }
            #expect(try await scene.whereAmI(gateway).generation == 2)
        } else {
            failed = await code {
                try await scene.pool.call(server: "main", route: route, Self.call, owner: 1000) { _ in }
            }
        }
        #expect(failed == .sessionLost)
    }

    @Test(arguments: [
        (ScriptedServer.Fault.failed(TransferError(.cannotConnect, "x")), SecurityCenterError.Code.outcomeUnknown),
        (.failed(TransferError(.replyTooLarge, "x", requestMayHaveLeft: true)), .replyTooLarge),
        (.reply(ServerReply(status: 503)), .outcomeUnknown),
        (.reply(ServerReply(status: 200, body: Array("no JSON".utf8))), .outcomeUnknown),
        (.reply(ServerReply(status: 200, body: Array(#"{"PxgError":{"code":1,"module":"M"}}"#.utf8))), .upstreamError),
    ])
    func `once an action has begun, no failure says that it may begin again, and each names it`(
        fault: ScriptedServer.Fault,
        expected: SecurityCenterError.Code
    ) async throws {
        let scene = try scene([Self.goesOn])
        let isFirst = Locked(true)
        scene.server.onRequest { arrival in
            guard arrival.method.hasPrefix("AsyncAction") else { return nil }
            let passes = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            return passes ? nil : fault
        }
        let error = await error {
            try await scene.pool.call(server: "main", route: .primary, Self.call, owner: 1) { _ in }
        }
        #expect(error?.code == expected && error?.requestMayHaveLeft == true)
        #expect(error?.message.hasPrefix("the action action has begun: ") == true)
    }

    @Test func `a gateway that is closed while an action is followed is gone, and the action is not`() async throws {
        let scene = try scene([Self.goesOn])
        let gateway = try await scene.pool.prepareGateway(
            server: "main",
            route: try RouteTests.route(secondaries: 0),
            owner: 1000
        )
        let gate = Gate()
        scene.server.onRequest { $0.method.hasPrefix("AsyncAction") ? .held(gate) : nil }
        let task = Task {
            await self.error { try await scene.pool.call(gateway.handle, Self.call, owner: 1000) { _ in } }
        }
        await scene.eventually { gate.count == 1 }
        try await scene.pool.closeGateway(gateway.handle, owner: 1000)
        gate.open()
        let error = await task.value
        #expect(error?.code == .gatewayGone && error?.requestMayHaveLeft == true)
    }

    private func error(_ body: () async throws -> CallReply) async -> SecurityCenterError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? SecurityCenterError
        }
    }

    @Test func `what a failed action says is without the id of its session`() async throws {
        let ids = (1...9).map { "session-\($0)" }
        let data = "{\"KLBLAG_ERROR_MSG\":\"\(ids.joined(separator: " "))\",\"KLBLAG_ERROR_CODE\":7}"
        let scene = try scene(["{\"bFinalized\":true,\"bSuccededFinalized\":false,\"pStateData\":\(data)}"])
        let error = await error {
            try await scene.pool.call(server: "main", route: .primary, Self.call, owner: 1) { _ in }
        }
        #expect(error?.code == .actionFailed)
        let told = Set((error?.upstream?.text ?? "").split(separator: " ").map(String.init))
        #expect(scene.server.sessionIDs.count == 1 && Set(ids).subtracting(told) == Set(scene.server.sessionIDs))
    }

    @Test func `whoever leaves stops the following at once`() async throws {
        let scene = try scene([#"{"bFinalized":false,"lStateCode":5,"lNextCheckDelay":30000}"#])
        let route = try RouteTests.route(secondaries: 0)
        let task = Task {
            await self.error {
                try await scene.pool.call(server: "main", route: route, Self.call, owner: 1000) { _ in }
            }
        }
        await scene.eventually { scene.server.methods.contains { $0.hasPrefix("AsyncAction") } }
        task.cancel()
        let error = await task.value
        #expect(error?.code == .cancelled && error?.requestMayHaveLeft == true)
        #expect(error?.message.contains("the action action") == true)
    }
}
