// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import GatehouseWire

@testable import GatehouseSecurityCenter

/// A Security Center in memory: a primary, secondaries behind each other, agents, sessions and one-time keys.
///
/// Node names: `primary`, `s1` (number 1, behind the primary), `s2` (number 2, behind s1), …; each server has an agent
/// `h-` and its name, and each agent a component `c`.
final class ScriptedServer: ServerTransport {
    /// One request that arrived.
    struct Arrival: Equatable, Sendable {
        var method: String
        /// Where the session leads; nil without one.
        var node: String?
        var isOwnConnection: Bool
        var body: String
    }

    /// What happens to a request instead of its answer, or beside it.
    enum Fault: Sendable {
        case reply(ServerReply)
        /// It is carried out, and the answer is lost.
        case lost(TransferError)
        /// It never arrives.
        case failed(TransferError)
        /// Its answer waits for the gate.
        case held(Gate)
    }

    struct State {
        var arrivals: [Arrival] = []
        var sessions: [String: String] = [:]
        var keys: [String: String] = [:]
        var ended: [String] = []
        var next = 0
        var depth = 3
        var actions: [String: [String]] = [:]
        var fault: @Sendable (Arrival) -> Fault? = { _ in nil }
        var answer: @Sendable (Arrival) -> String? = { _ in nil }
        var files: @Sendable (TransferRequest) async -> ServerReply = { _ in ServerReply(status: 404) }
    }

    let state = Locked(State())

    var arrivals: [Arrival] { state.withLock { $0.arrivals } }
    var methods: [String] { arrivals.map(\.method) }
    var openSessions: [String] { state.withLock { $0.sessions.values.sorted() } }

    var sessionIDs: [String] { state.withLock { $0.sessions.keys.sorted() } }

    /// Sets what happens to requests.
    func onRequest(_ fault: @escaping @Sendable (Arrival) -> Fault?) { state.withLock { $0.fault = fault } }

    /// Sets the bodies of answers; nil leaves them to the model.
    func onAnswer(_ answer: @escaping @Sendable (Arrival) -> String?) { state.withLock { $0.answer = answer } }

    /// Sets what the file service answers.
    func onFile(_ files: @escaping @Sendable (TransferRequest) async -> ServerReply) {
        state.withLock { $0.files = files }
    }

    /// Forgets every session that leads to a node.
    func expire(_ node: String) {
        state.withLock { state in state.sessions = state.sessions.filter { $0.value != node } }
    }

    func forgetArrivals() { state.withLock { $0.arrivals = [] } }

    // MARK: Transport

    func send(_ request: TransferRequest) async throws(TransferError) -> ServerReply {
        try await serve(request, nil)
    }

    func connect() throws(TransferError) -> any ServerConnection { ScriptedConnection(self) }

    func serve(
        _ request: TransferRequest,
        _ connection: ScriptedConnection?
    ) async throws(TransferError) -> ServerReply {
        let method = String(request.url.split(separator: "/", maxSplits: 4).last ?? "")
        let authorisation = Self.header("Authorization", request)
        let session = Self.header("X-KSC-Session", request)
        let (arrival, fault) = state.withLock { state in
            let node = connection.map { $0.node.withLock { $0 } } ?? session.flatMap { state.sessions[$0] }
            let arrival = Arrival(
                method: method,
                node: node,
                isOwnConnection: connection != nil,
                body: Self.body(request)
            )
            let fault = state.fault(arrival)
            if case .failed = fault {} else { state.arrivals.append(arrival) }
            return (arrival, fault)
        }
        if case .failed(let error) = fault { throw error }
        if case .reply(let reply) = fault { return reply }
        if request.url.contains("/FTDR/") || request.url.contains("/FTUR/") {
            return await state.withLock { $0.files }(request)
        }
        let reply = state.withLock { Self.answer(arrival, authorisation, session, connection, &$0) }
        if case .lost(let error) = fault { throw error }
        if case .held(let gate) = fault {
            await gate.wait()
            guard !Task.isCancelled else { throw TransferError(.cancelled, "cancelled", requestMayHaveLeft: true) }
        }
        return reply
    }

    static func header(_ name: String, _ request: TransferRequest) -> String? {
        switch request.headers.first(where: { $0.name == name })?.value {
        case .plain(let text): text
        case .secret(let prefix, let secret): prefix + secret.exposed()
        case nil: nil
        }
    }

    private static func body(_ request: TransferRequest) -> String {
        guard case .bytes(let bytes, _) = request.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Model

    private static func answer(
        _ arrival: Arrival,
        _ authorisation: String?,
        _ session: String?,
        _ connection: ScriptedConnection?,
        _ state: inout State
    ) -> ServerReply {
        func ok(_ text: String) -> ServerReply { ServerReply(status: 200, body: Array(text.utf8)) }
        state.next += 1
        if let authorisation {
            guard let node = target(authorisation, &state) else {
                return ServerReply(status: 401, body: Array("Authentication failure".utf8))
            }
            if let connection {
                connection.node.withLock { $0 = node }
                return ok("")
            }
            let id = "session-\(state.next)"
            state.sessions[id] = node
            return ok("{\"PxgRetVal\":\"\(id)\"}")
        }
        guard let node = arrival.node else { return ServerReply(status: 403) }
        if arrival.method == "Session.EndSession", let session {
            state.sessions[session] = nil
            state.ended.append(node)
            return ok("{}")
        }
        if let text = state.answer(arrival) { return ok(text) }
        return ok(call(arrival, node, &state))
    }

    private static func target(_ authorisation: String, _ state: inout State) -> String? {
        if authorisation.hasPrefix("KSCBasic ") || authorisation.hasPrefix("KSCT ") { return "primary" }
        guard authorisation.hasPrefix("KSCGW ") else { return nil }
        return state.keys.removeValue(forKey: String(authorisation.dropFirst(6)))
    }

    private static func notFound(_ text: String) -> String {
        "{\"PxgError\":{\"code\":1186,\"subcode\":0,\"module\":\"KLSTD\",\"file\":\"f\",\"line\":1,\"message\":\"\(text)\"}}"
    }

    private static func location(_ node: String) -> String {
        "{\"GwLocIndirect\":false,\"GwLocLocation\":\"\(node)\",\"GwLocSign\":{\"type\":\"binary\",\"value\":\"AAE=\"}}"
    }

    /// The servers in their order, each behind the one before it.
    private static func server(behind node: String, _ depth: Int) -> (number: Int, name: String)? {
        let number = node == "primary" ? 1 : (Int(node.dropFirst()) ?? 99) + 1
        return number <= depth ? (number, "s\(number)") : nil
    }

    private static func call(_ arrival: Arrival, _ node: String, _ state: inout State) -> String {
        let arguments = (try? JSONValue(parsing: arrival.body)) ?? .null
        let isServer = !node.hasPrefix("h-") && !node.hasPrefix("c")
        switch arrival.method {
        case "Session.Ping": return "{}"
        case "CgwHelper.GetNagentLocation" where isServer:
            let host = arguments["wsHostName"]?.string ?? ""
            return host == "h-" + node ? "{\"PxgRetVal\":\(location(host))}" : notFound("no host \(host)")
        case "CgwHelper.GetSlaveServerLocation" where isServer:
            guard let child = server(behind: node, state.depth),
                arguments["nSlaveServerId"]?.integer == Int64(child.number)
            else { return notFound("no server") }
            return "{\"PxgRetVal\":\(location(child.name))}"
        case "ServerHierarchy.GetChildServers" where isServer:
            guard let child = server(behind: node, state.depth) else { return "{\"PxgRetVal\":[]}" }
            return """
                {"PxgRetVal":[{"type":"params","value":{"KLSRVH_SRV_ID":\(child.number),"KLSRVH_SRV_INST_ID":"i-\(child.name)"}}]}
                """
        case "NagCgwHelper.GetProductComponentLocation" where !isServer:
            return "{\"PxgRetVal\":\(location("c-" + node))}"
        case "GatewayConnection.PrepareGatewayConnection" where node == "primary":
            return prepare(arguments["pLocations"]?.array ?? [], &state)
        case "GatewayConnection.PrepareGatewayConnectionToSecondaryServer" where node == "primary":
            return key(for: String((arguments["srvInstanceId"]?.string ?? "").dropFirst(2)), &state)
        case "Where.Am": return "{\"PxgRetVal\":\"\(node)\"}"
        default: return notFound("no \(arrival.method)")
        }
    }

    private static func prepare(_ locations: [JSONValue], _ state: inout State) -> String {
        var node = "primary"
        for location in locations {
            guard location["type"]?.string == "params", let members = location["value"],
                members["GwLocIndirect"]?.bool == false, members["GwLocSign"]?["value"]?.string == "AAE=",
                let next = members["GwLocLocation"]?.string
            else { return notFound("not a location") }
            let follows =
                next == "h-" + node || next == "c-" + node || next == server(behind: node, state.depth)?.name
            guard follows else { return notFound("\(next) is not behind \(node)") }
            node = next
        }
        return key(for: node, &state)
    }

    private static func key(for node: String, _ state: inout State) -> String {
        let key = "key-\(state.next)"
        state.keys[key] = node
        return "{\"wstrAuthKey\":\"\(key)\"}"
    }
}

/// A connection to a ``ScriptedServer``.
final class ScriptedConnection: ServerConnection {
    let node = Locked<String?>(nil)
    private let isClosed = Locked(false)
    private let server: ScriptedServer

    init(_ server: ScriptedServer) {
        self.server = server
    }

    func send(_ request: TransferRequest) async throws(TransferError) -> ServerReply {
        guard !isClosed.withLock({ $0 }) else { throw TransferError(.connectionGone, "the connection has ended") }
        let reply = try await server.serve(request, self)
        guard !isClosed.withLock({ $0 }) else { throw TransferError(.cancelled, "cancelled", requestMayHaveLeft: true) }
        return reply
    }

    func close() {
        isClosed.withLock { $0 = true }
        server.state.withLock { state in
            if let node = node.withLock({ $0 }) { state.ended.append("connection to \(node)") }
        }
        node.withLock { $0 = nil }
    }
}

/// Opens once; until then everyone who comes waits.
final class Gate: Sendable {
    private let state = Locked((isOpen: false, waiting: [CheckedContinuation<Void, Never>](), count: 0))

    var count: Int { state.withLock { $0.count } }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.count += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
