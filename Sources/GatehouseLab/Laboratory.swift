// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// All servers of the lab as one value without I/O: heads, bodies and findings go in, steps and answers come out.
///
/// The program that owns the connections calls `begin` with each head, does what the step says, and reports back with
/// `resume`, `finishUpload` or `finishScan` until a step says `reply`; `record` then makes the line of the request log.
package struct Laboratory: Sendable {
    let configuration: LabConfiguration
    var keycloak: Keycloak
    var gateway: Gateway
    var engine: ProtectionEngine
    var securityCenter: SecurityCenter
    var faults: FaultTable
    var counts: [String: [String: Int]] = [:]
    /// Milliseconds that these servers' clock is ahead of the program's.
    package internal(set) var clockOffset = 0
    private var mint = TokenMint()
    private var requests = 0
    private var connections = 0
    private var tenant: String?

    private static let longestJSON = 64 * 1024

    /// Makes the servers.
    package init(_ configuration: LabConfiguration) {
        self.configuration = configuration
        keycloak = Keycloak(
            clientId: configuration.clientId,
            clientSecret: configuration.clientSecret,
            lifetime: configuration.gicarLifetime
        )
        gateway = Gateway(apiClientId: configuration.apiClientId, plan: configuration.plan)
        engine = ProtectionEngine(
            accessLifetime: configuration.accessLifetime,
            refreshLifetime: configuration.refreshLifetime
        )
        securityCenter = SecurityCenter(configuration.securityCenter)
        faults = FaultTable(configuration.faults)
    }

    /// Servers that know the same accounts, with no faults and nothing given out; no Security Center.
    func tenant(_ name: String) -> Laboratory {
        var configuration = configuration
        configuration.faults = []
        configuration.securityCenter = SecurityCenter.Settings()
        configuration.securityCenter.topology = .lab(extraHosts: 0)
        var laboratory = Laboratory(configuration)
        laboratory.tenant = name
        return laboratory
    }

    /// The certificate that a new connection to a service sees; nil for the right one.
    package mutating func takeCertificate(of service: Service) -> Fault.CertificateFault? {
        faults.takeCertificate(of: service)
    }

    /// The number of a new connection.
    package mutating func openConnection() -> Int {
        connections += 1
        return connections
    }

    /// Notes that a connection has ended.
    package mutating func closeConnection(_ connection: Int) {
        securityCenter.closeConnection(connection)
    }

    /// The servers and hosts behind the primary Security Center.
    package var topology: Topology { securityCenter.topology }

    /// Whether new connections to the Security Center see its other certificate.
    package var showsOtherCertificate: Bool { securityCenter.showsOtherCertificate }

    // MARK: From head to answer

    /// Takes the head of a request.
    package mutating func begin(
        _ head: RequestHead,
        on service: Service,
        connection: Int,
        at now: LabInstant
    ) -> (Exchange, NextStep) {
        requests += 1
        let operation: Operation =
            switch service {
            case .gicar: head.path == Keycloak.tokenPath ? .token : .unknown
            case .apiConnect: Gateway.operation(path: head.path)
            case .securityCenter: .securityCenter
            }
        let call = service == .securityCenter ? securityCenter.describe(head, connection: connection) : nil
        let canFail = head.method == "POST" || service == .securityCenter
        let exchange = Exchange(
            sequence: requests,
            tenant: tenant,
            service: service,
            connection: connection,
            head: head,
            operation: operation,
            call: call,
            traceId: head.header("X-Ctti-TraceId") ?? mint.identifier(),
            faults: canFail ? faults.take(operation, call: call?.call) : []
        )
        return (exchange, firstStep(exchange, at: now))
    }

    private mutating func firstStep(_ exchange: Exchange, at now: LabInstant) -> NextStep {
        revokeTokens(of: exchange, at: now)
        if exchange.substitute(at: now) != nil { return .discardBody }
        if exchange.service == .securityCenter { return .collectBody(limit: SecurityCenter.longestBody) }
        if exchange.service == .gicar { return .collectBody(limit: Keycloak.longestForm) }
        let head = exchange.head
        if let refusal = gateway.refusal(head, exchange.operation, tokens: keycloak.tokens, at: now) {
            return reply(exchange, refusal, at: now)
        }
        switch exchange.operation {
        case .scanFile: return uploadStep(exchange, at: now)
        case .scanFilePath: return .collectBody(limit: Self.longestJSON)
        case .authentication where exchange.wantsBody, .refresh where exchange.wantsBody:
            return .collectBody(limit: Self.longestJSON)
        case .token, .authentication, .refresh, .unknown, .securityCenter: return .discardBody
        }
    }

    private func uploadStep(_ exchange: Exchange, at now: LabInstant) -> NextStep {
        if let refusal = scanRefusal(exchange, path: ProtectionEngine.Path.scanFile, at: now) {
            return reply(exchange, refusal, at: now)
        }
        let path = ProtectionEngine.Path.scanFile
        let mediaType = exchange.head.header("Content-Type").map(MediaType.init)
        guard let mediaType, mediaType.essence == "multipart/form-data" else {
            return reply(exchange, ErrorBodies.spe(415, "Content type not supported", path: path, at: now), at: now)
        }
        guard let boundary = mediaType["boundary"], let receiver = try? UploadReceiver(boundary: boundary) else {
            let text = "the request was rejected because no multipart boundary was found"
            return reply(exchange, ErrorBodies.spe(400, text, path: path, at: now), at: now)
        }
        return .receiveUpload(receiver)
    }

    private func scanRefusal(_ exchange: Exchange, path: String, at now: LabInstant) -> Response? {
        if let refusal = Gateway.validationRefusal(exchange.head) { return refusal }
        let authorization = Gateway.speAuthorization(exchange.head) ?? ""
        return engine.refusal(authorization: authorization, path: path, at: now)
    }

    /// Takes the body of a request whose step was to read or to drop it.
    package mutating func resume(_ exchange: Exchange, body: [UInt8], at now: LabInstant) -> NextStep {
        if let substitute = exchange.substitute(at: now) { return reply(exchange, substitute, at: now, isFinal: true) }
        if exchange.wantsBody, JSONReader.read(body) == nil {
            return reply(exchange, ErrorBodies.ctti(.badRequest), at: now)
        }
        switch exchange.operation {
        case .authentication:
            return reply(exchange, engine.authenticate(exchange.issue, at: now), at: now)
        case .refresh:
            guard let authorization = Gateway.speAuthorization(exchange.head) else {
                return reply(exchange, ErrorBodies.ctti(.unavailable), at: now)
            }
            let answer = engine.refresh(authorization: authorization, exchange.issue, at: now)
            return reply(exchange, answer, at: now)
        case .scanFilePath: return pathStep(exchange, body: body, at: now)
        case .securityCenter: return callStep(exchange, body: body, at: now)
        case .token, .unknown, .scanFile:
            guard body.count <= Keycloak.longestForm else {
                return reply(exchange, Response(status: 413, json: ["error": "Request too large"]), at: now)
            }
            return reply(exchange, keycloak.answer(exchange.head, body: body, exchange.issue, at: now), at: now)
        }
    }

    private mutating func callStep(_ exchange: Exchange, body: [UInt8], at now: LabInstant) -> NextStep {
        let answer = securityCenter.answer(exchange.head, body: body, connection: exchange.connection, at: now)
        switch answer {
        case .response(let response): return reply(exchange, response, at: now)
        case .silence: return .reply(Delivery(response: Response(status: 200), manner: .hang))
        }
    }

    /// The gateway validates header and body (only JSON bodies), then SPE checks the token and opens the file.
    private func pathStep(_ exchange: Exchange, body: [UInt8], at now: LabInstant) -> NextStep {
        if let refusal = Gateway.validationRefusal(exchange.head) { return reply(exchange, refusal, at: now) }
        let isJSON = exchange.head.header("Content-Type").map { MediaType($0).essence } == "application/json"
        let filePath = Gateway.filePath(body: body)
        guard body.count <= Self.longestJSON, !isJSON || filePath != nil else {
            return reply(exchange, ErrorBodies.ctti(.badRequest), at: now)
        }
        let path = ProtectionEngine.Path.scanFilePath
        if let refusal = scanRefusal(exchange, path: path, at: now) { return reply(exchange, refusal, at: now) }
        guard isJSON else {
            return reply(exchange, ErrorBodies.spe(415, "Content type not supported", path: path, at: now), at: now)
        }
        guard let wanted = filePath ?? nil else {
            return reply(exchange, ErrorBodies.spe(400, "filePath must not be null", path: path, at: now), at: now)
        }
        guard let file = SharedPath.resolve(wanted, sharedDirectory: configuration.sharedDirectory) else {
            let name = SharedPath.lastComponent(wanted)
            let summary = ScanSummary(fileName: name, bytes: 0, type: "NA", finding: .inaccessible)
            return .reply(finishScan(exchange, summary, at: now))
        }
        return .scanPath(file)
    }

    /// Takes the end of an upload.
    package func finishUpload(_ exchange: Exchange, _ outcome: UploadOutcome, at now: LabInstant) -> Delivery {
        let path = ProtectionEngine.Path.scanFile
        switch outcome {
        case .malformed:
            let text = "Failed to parse multipart servlet request"
            return deliver(exchange, ErrorBodies.spe(400, text, path: path, at: now), at: now)
        case .missing:
            let text = "Required part 'file' is not present."
            return deliver(exchange, ErrorBodies.spe(400, text, path: path, at: now), at: now)
        case .scanned(let summary): return finishScan(exchange, summary, at: now)
        }
    }

    /// Takes the finding of a scan.
    package func finishScan(_ exchange: Exchange, _ summary: ScanSummary, at now: LabInstant) -> Delivery {
        let report = ProtectionEngine.report(summary, word: exchange.verdictWord, counts: exchange.counts, at: now)
        return deliver(exchange, report, at: now)
    }

    /// What the gateway answers when SPE has not within the time of `invoke`.
    package func finishTimedOut(_ exchange: Exchange, at now: LabInstant) -> Delivery {
        deliver(exchange, ErrorBodies.ctti(.connection), at: now)
    }

    // MARK: Delivery

    private func reply(
        _ exchange: Exchange,
        _ response: Response,
        at now: LabInstant,
        isFinal: Bool = false
    ) -> NextStep {
        .reply(deliver(exchange, response, isFinal: isFinal, at: now))
    }

    /// `isFinal` answers keep all their headers: a redirection needs its `Location`.
    private func deliver(
        _ exchange: Exchange,
        _ answer: Response,
        isFinal: Bool = false,
        at now: LabInstant
    ) -> Delivery {
        var response = answer
        var delay = exchange.latency
        if exchange.service == .apiConnect {
            if delay >= configuration.invokeTimeout * 1000 {
                delay = configuration.invokeTimeout * 1000
                response = ErrorBodies.ctti(.connection)
            }
            if !isFinal { response = gateway.finish(response, at: now) }
            response.headers.append(HeaderField("X-Ctti-TraceId", exchange.traceId))
        }
        var delivery = Delivery(response: response, delay: delay)
        for fault in exchange.faults { delivery.suffer(fault.kind, at: now) }
        if exchange.operation.isScan, [200, 201].contains(delivery.response.status), delivery.manner == .whole {
            delivery.fileStatus = delivery.response.json?["fileStatus"]?.text
        }
        return delivery
    }

    private mutating func revokeTokens(of exchange: Exchange, at now: LabInstant) {
        for case .revoked(let kind) in exchange.faults.map(\.kind) {
            if exchange.service == .securityCenter {
                securityCenter.revoke(exchange.head, connection: exchange.connection, at: now)
                continue
            }
            if kind == .gicar || exchange.operation == .authentication {
                let token = exchange.head.header("Authorization").flatMap(ProtectionEngine.bearer)
                token.map { keycloak.tokens.remove($0) }
            } else if let token = Gateway.speAuthorization(exchange.head).flatMap(ProtectionEngine.bearer) {
                engine.accessTokens.remove(token)
                engine.refreshTokens.remove(token)
            }
        }
    }
}
