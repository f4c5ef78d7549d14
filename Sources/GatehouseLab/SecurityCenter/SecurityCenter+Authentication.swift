// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A first step of authentication that waits for the second on its connection.
struct PendingStep: Sendable {
    let account: SecurityCenterAccount
    let virtualServer: String
}

/// What a gateway's key opens.
struct GatewayGrant: Sendable {
    /// The server that made the key, where alone it is good.
    let issuer: NodeName
    let user: String
    let route: [NodeName]
}

/// What comes of the credentials of a request.
private enum Admission {
    case granted(Login)
    case unfinished
    case refused
}

extension SecurityCenter {
    /// Answers `login`: what it grants is bound to the connection.
    mutating func logIn(_ head: RequestHead, connection: Int, at now: LabInstant) -> Response {
        switch authenticate(head, connection: connection, at: now) {
        case .granted(let login):
            let owner = Login.Owner.connection(connection)
            if let earlier = logins.begin(owner, login, at: now) { release(owner, at: earlier.node) }
            return login.route.isEmpty ? Response(status: 200, json: [:]) : Response(status: 200)
        case .unfinished: return Self.secondStepAnswer
        case .refused: return Self.plain(401, "Authentication failure")
        }
    }

    /// Answers `Session.StartSession`: what it grants is bound to the id that it answers with.
    mutating func startSession(_ head: RequestHead, connection: Int, at now: LabInstant) -> Response {
        switch authenticate(head, connection: connection, at: now) {
        case .granted(let login):
            let id = ByteCoding.base64(mint.bytes(16))
            _ = logins.begin(.session(id), login, at: now)
            begun[connection] = id
            return Response(status: 200, json: ["PxgRetVal": .string(id)])
        case .unfinished: return Self.secondStepAnswer
        case .refused: return Self.plain(401, "Authentication failure")
        }
    }

    private static let secondStepAnswer = plain(
        401,
        "Authentication not finished",
        headers: [HeaderField("WWW-Authenticate", "KSCMFA")]
    )

    /// A request that already comes through a gateway authenticates at the server which the gateway leads to.
    private mutating func authenticate(_ head: RequestHead, connection: Int, at now: LabInstant) -> Admission {
        let pending = pendingSteps.removeValue(forKey: connection)
        let owner = Self.owner(head, connection: connection)
        let outer = admit(owner, at: now)
        if outer == nil, head.header("X-KSC-Session") != nil { return .refused }
        let node = outer?.node ?? Topology.primary
        let route = outer?.route ?? []
        guard topology.kind(of: node) == .server, let value = head.header("Authorization") else { return .refused }
        let grant = { (user: String, virtualServer: String) in
            Admission.granted(Login(user: user, node: node, route: route, virtualServer: virtualServer))
        }
        switch AuthorizationHeader(value) {
        case .basic(let user, let password, let domains, let isInternal):
            guard let virtualServer = virtualServer(head) else { return .refused }
            let account = settings.accounts.first { account in
                account.user.lowercased() == user.lowercased() && account.password == password
                    && (isInternal ?? account.isInternal) == account.isInternal
                    && (account.isInternal || domains.contains { $0.lowercased() == account.domain.lowercased() })
            }
            guard let account else { return .refused }
            guard account.secondStep != nil else { return grant(account.user, virtualServer) }
            pendingSteps[connection] = PendingStep(account: account, virtualServer: virtualServer)
            return .unfinished
        case .secondStep(let code):
            guard let pending, pending.account.secondStep?.accepts(code, at: now) == true else { return .refused }
            return grant(pending.account.user, pending.virtualServer)
        case .token(let token):
            guard let virtualServer = virtualServer(head), let user = tokens.redeem(token, at: now) else {
                return .refused
            }
            return grant(user, virtualServer)
        case .webToken(let token):
            guard let virtualServer = virtualServer(head), !settings.webToken.isEmpty, token == settings.webToken else {
                return .refused
            }
            return grant(settings.accounts.first?.user ?? "", virtualServer)
        case .gateway(let key):
            guard let gateway = gatewayKeys.redeem(key, at: now), gateway.issuer == node,
                gateway.route.allSatisfy(isReachable), let target = gateway.route.last
            else { return .refused }
            return .granted(
                Login(user: gateway.user, node: target, route: route + gateway.route, virtualServer: "")
            )
        case .unknown: return .refused
        }
    }

    /// The virtual server that a login names; nil for one that does not exist.
    ///
    /// Clients leave the header out, leave it empty, or write an `x` for the main server.
    private func virtualServer(_ head: RequestHead) -> String? {
        let value = head.header("X-KSC-VServer") ?? ""
        if value.isEmpty || value == "x" { return "" }
        guard let name = ByteCoding.decodeBase64(value).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            return nil
        }
        return name.isEmpty || topology.virtualServers.contains(name) ? name : nil
    }

    /// The methods of `Session`, which every node answers.
    mutating func session(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.method {
        case "Ping": return [:]
        case "EndSession":
            end(call.owner)
            return [:]
        case "CreateToken":
            guard topology.kind(of: call.node) == .server, let login = logins.logins[call.owner] else {
                throw .notPermitted(call.name)
            }
            return ["PxgRetVal": .string(tokens.issue(login.user, at: call.now))]
        case "CreateBlob":
            let parameters = try call.container("pParams")
            return ["PxgRetVal": .string(ByteCoding.base64(Array(parameters.compact.utf8)))]
        default: throw .notFound(call.name)
        }
    }
}
