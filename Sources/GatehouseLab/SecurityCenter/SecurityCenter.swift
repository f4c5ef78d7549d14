// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A primary Security Center and everything behind it, as one value without I/O: requests go in, answers come out.
///
/// Source: the vendor's description of the Open API; what it leaves open is listed in the lab's documentation.
package struct SecurityCenter: Sendable {
    /// What the servers know and how they behave.
    package struct Settings: Sendable {
        /// The accounts of all servers.
        package var accounts: [SecurityCenterAccount] = []
        /// The web token of the first account, empty where there is none.
        package var webToken = ""
        /// Seconds after which a session ends that nobody calls through.
        package var sessionLifetime = 180
        /// Seconds for which a gateway's key is good.
        package var keyLifetime = 60
        /// Seconds for which a token of `CreateToken` is good.
        package var tokenLifetime = 180
        /// Milliseconds that an asynchronous action takes.
        package var actionDuration = 600
        /// Milliseconds that clients are told to wait between questions; a third of the action's where it is nil.
        package var checkDelay: Int?
        /// Milliseconds that a task of a host runs.
        package var taskDuration = 3000
        /// The servers and hosts.
        package var topology = Topology.lab(extraHosts: 250)

        /// Makes settings with the published times, and no account.
        package init() {}
    }

    /// What becomes of a request.
    package enum Answer: Equatable, Sendable {
        /// It is answered.
        case response(Response)
        /// It is not, and the connection stays open.
        case silence
    }

    /// The path that every method's begins with.
    package static let basePath = "/api/v1.0/"
    /// The longest body that is read, in bytes; a piece of an upload is the largest.
    package static let longestBody = 16 << 20

    var settings: Settings
    var topology: Topology
    var logins: LoginRegister
    var gatewayKeys: OneTimeKeys<GatewayGrant>
    var tokens: OneTimeKeys<String>
    var pendingSteps: [Int: PendingStep] = [:]
    var locations = LocationRegister()
    var resultSets: [String: ResultSet] = [:]
    var taskIterators: [String: TaskIterator] = [:]
    var actions: [String: AsyncAction] = [:]
    var agents: [NodeName: Agent] = [:]
    var transfers = TransferRegister()
    var mint = TokenMint()
    /// The session that a connection's latest request began, for the log.
    var begun: [Int: String] = [:]
    /// Whether new connections see the other certificate.
    package internal(set) var showsOtherCertificate = false

    /// Makes the servers.
    package init(_ settings: Settings) {
        self.settings = settings
        topology = settings.topology
        logins = LoginRegister(lifetime: settings.sessionLifetime)
        gatewayKeys = OneTimeKeys(lifetime: settings.keyLifetime)
        tokens = OneTimeKeys(lifetime: settings.tokenLifetime)
    }

    // MARK: From request to answer

    /// Answers one request whose body has been read.
    package mutating func answer(
        _ head: RequestHead,
        body: [UInt8],
        connection: Int,
        at now: LabInstant
    ) -> Answer {
        for owner in logins.expired(at: now) { end(owner) }
        guard body.count <= Self.longestBody else { return .response(Self.plain(413, "Request too large")) }
        if head.path.hasPrefix("/FTDR/") || head.path.hasPrefix("/FTUR/") {
            return transfer(head, body: body, connection: connection, at: now)
        }
        guard let path = Self.methodPath(head.path) else { return .response(Self.plain(404, "Not found")) }
        guard head.method == "POST" else { return .response(Self.plain(405, "Method not allowed")) }
        let type = head.header("Content-Type").map { MediaType($0).essence }
        guard type == nil || type == "application/json" else {
            return .response(Self.plain(415, "Unsupported media type"))
        }
        if path == "login" { return .response(logIn(head, connection: connection, at: now)) }
        if path == "Session.StartSession" { return .response(startSession(head, connection: connection, at: now)) }
        return call(path, head, body: body, connection: connection, at: now)
    }

    private mutating func call(
        _ path: String,
        _ head: RequestHead,
        body: [UInt8],
        connection: Int,
        at now: LabInstant
    ) -> Answer {
        let owner = Self.owner(head, connection: connection)
        guard let login = admit(owner, at: now) else { return .response(Self.refusal(owner)) }
        guard let parameters = body.isEmpty ? [:] : JSONReader.read(body), case .object = parameters else {
            return .response(Response(status: 200, json: PxgError.badFormat("request").body))
        }
        guard let dot = path.lastIndex(of: ".") else {
            return .response(Response(status: 200, json: PxgError.notFound(path).body))
        }
        let call = Call(
            className: String(path[..<dot]),
            method: String(path[path.index(after: dot)...]),
            parameters: parameters,
            owner: owner,
            node: login.node,
            virtualServer: login.virtualServer,
            now: now
        )
        if call.className != "Session", topology.hosts[call.node]?.behaviour == .silent { return .silence }
        do {
            return .response(Response(status: 200, json: try dispatch(call)))
        } catch {
            return .response(Response(status: 200, json: error.body))
        }
    }

    /// The login that a request comes through, unless it has ended or its way is cut.
    mutating func admit(_ owner: Login.Owner, at now: LabInstant) -> Login? {
        guard let login = logins.use(owner, at: now) else { return nil }
        guard login.route.allSatisfy(isReachable) else {
            end(owner)
            return nil
        }
        return login
    }

    /// Whether a gateway can lead through or to a node.
    func isReachable(_ node: NodeName) -> Bool {
        if let server = topology.servers[node] { return !server.isDown }
        let host = node.split(separator: "/").first.flatMap { topology.hosts[String($0)] }
        return host.map { $0.behaviour != .off } ?? false
    }

    private mutating func dispatch(_ call: Call) throws(PxgError) -> JSONValue {
        if call.className == "Session" { return try session(call) }
        switch topology.kind(of: call.node) {
        case .server: return try server(call)
        case .agent: return try agent(call)
        case .component: return try component(call)
        case nil: throw .notFound(call.node)
        }
    }

    private mutating func server(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.className {
        case "HostGroup": try hostGroup(call)
        case "HostTasks": try hostTasks(call)
        case "ChunkAccessor": try chunkAccessor(call)
        case "ServerHierarchy": try serverHierarchy(call)
        case "CgwHelper": try cgwHelper(call)
        case "GatewayConnection": try gatewayConnection(call)
        case "AsyncActionStateChecker": try checkAction(call)
        default: throw .notFound(call.name)
        }
    }

    // MARK: Ends

    /// Ends a login, its gateway, and all that was made through it.
    mutating func end(_ owner: Login.Owner) {
        guard let login = logins.end(owner) else { return }
        release(owner, at: login.node)
    }

    /// Takes away what was made through a login.
    mutating func release(_ owner: Login.Owner, at node: NodeName) {
        resultSets = resultSets.filter { $0.value.owner != owner }
        taskIterators = taskIterators.filter { $0.value.owner != owner }
        actions = actions.filter { $0.value.owner != owner }
        transfers.release(owner)
        agents[node]?.release(owner)
    }

    /// Notes that a connection is closed, and with it the login that is bound to it.
    package mutating func closeConnection(_ connection: Int) {
        pendingSteps[connection] = nil
        begun[connection] = nil
        end(.connection(connection))
    }

    // MARK: Requests and answers

    /// The login that a request says it comes through.
    static func owner(_ head: RequestHead, connection: Int) -> Login.Owner {
        head.header("X-KSC-Session").map(Login.Owner.session) ?? .connection(connection)
    }

    /// Class and method of a path, or `login`.
    static func methodPath(_ path: String) -> String? {
        path.hasPrefix(basePath) ? String(path.dropFirst(basePath.count)) : nil
    }

    /// The answer to a call whose login does not hold.
    static func refusal(_ owner: Login.Owner) -> Response {
        if case .session = owner { plain(403, "Forbidden") } else { plain(401, "Authentication failure") }
    }

    static func plain(_ status: Int, _ text: String, headers: [HeaderField] = []) -> Response {
        Response(status: status, headers: [HeaderField("Content-Type", "text/plain")] + headers, body: Array(text.utf8))
    }
}
