// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension Exchange {
    /// Milliseconds that the faults add.
    var latency: Int {
        faults.reduce(0) { sum, fault in
            if case .latency(let milliseconds) = fault.kind { sum + milliseconds } else { sum }
        }
    }

    /// The `fileStatus` that a fault dictates.
    var verdictWord: String? {
        faults.lazy.compactMap { if case .verdict(let word) = $0.kind { word } else { nil } }.first
    }

    /// What a fault makes of a scan's numbers.
    var counts: Fault.CountForm? {
        faults.lazy.compactMap { if case .counts(let form) = $0.kind { form } else { nil } }.first
    }

    /// What the faults make of the token that is issued.
    var issue: TokenIssue {
        var issue = TokenIssue()
        for fault in faults {
            switch fault.kind {
            case .extraLongToken: issue.isLong = true
            case .expiredToken: issue.hasExpired = true
            case .deadToken: issue.isDead = true
            case .expiry(let form): issue.expiry = form
            default: continue
            }
        }
        return issue
    }

    /// Whether a fault makes the gateway want a JSON body.
    var wantsBody: Bool { faults.contains { $0.kind == .wantsBody } }

    /// The answer that a fault puts in place of the servers' own, which then do not act at all.
    func substitute(at now: LabInstant) -> Response? {
        for fault in faults {
            switch fault.kind {
            case .status(let code, let shape): return errorAnswer(code, shape, at: now)
            case .html(let code): return Self.page(code)
            case .methodError(let code, let module):
                return Response(status: 200, json: PxgError(code, module: module, "A fault of the lab").body)
            case .redirect(let code):
                return Response(status: code, headers: [HeaderField("Location", "/redirected" + head.path)])
            default: continue
            }
        }
        return nil
    }

    private func errorAnswer(_ code: Int, _ shape: ErrorShape?, at now: LabInstant) -> Response {
        if service == .securityCenter {
            let text = code == 401 ? "Authentication failure" : ErrorBodies.reason(code)
            return SecurityCenter.plain(code, text)
        }
        if service == .gicar {
            switch code {
            case 401:
                let text = "Invalid client or Invalid client credentials"
                return Keycloak.failure(401, "unauthorized_client", text)
            case 400: return Keycloak.failure(400, "invalid_request", "Invalid request")
            default: return Keycloak.failure(code, "unknown_error", "For more on this error consult the server log.")
            }
        }
        switch shape ?? ErrorBodies.usualShape(for: code) {
        case .ibm: return ErrorBodies.ibm(code)
        case .ctti: return ErrorBodies.ctti(CTTIError.row(for: code))
        case .spe: return ErrorBodies.spe(code, ErrorBodies.reason(code), path: enginePath, at: now)
        case .oauth: return ErrorBodies.invalidToken(code)
        case .empty: return Response(status: code)
        case .clean:
            let summary = ScanSummary(fileName: "file", bytes: 1 << 40, type: "text/plain", finding: .clean)
            var response = ProtectionEngine.report(summary, at: now)
            response.status = code
            return response
        }
    }

    private var enginePath: String {
        switch operation {
        case .authentication, .token, .unknown, .securityCenter: ProtectionEngine.Path.authentication
        case .refresh: ProtectionEngine.Path.refresh
        case .scanFile: ProtectionEngine.Path.scanFile
        case .scanFilePath: ProtectionEngine.Path.scanFilePath
        }
    }

    private static func page(_ code: Int) -> Response {
        let title = "\(code) \(ErrorBodies.reason(code))"
        let text = "<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\r\n"
        return Response(status: code, headers: [HeaderField("Content-Type", "text/html")], body: Array(text.utf8))
    }
}

extension Delivery {
    /// Changes the answer as a fault demands.
    mutating func suffer(_ kind: Fault.Kind, at now: LabInstant) {
        switch kind {
        case .reset(afterBytes: nil): manner = .reset
        case .hang: manner = .hang
        case .halfBody: manner = .half
        case .noContentType: response.removeHeader("Content-Type")
        case .wrongJson: response.body = Array(response.body.prefix(response.body.count / 2))
        case .emptyBody:
            response.status = 200
            response.body = []
        case .hugeBody(let bytes):
            response.body = Array("{\"PxgRetVal\":\"".utf8)
            filler = bytes
        case .closeAfter: closesAfter = true
        case .noTraceId: response.removeHeader("X-Ctti-TraceId")
        case .retryAfter(let seconds, let asDate):
            let value = asDate ? now.advanced(bySeconds: seconds).httpDate : String(seconds)
            response.headers.append(HeaderField("Retry-After", value))
        case .drip(let milliseconds): drip = milliseconds
        case .strayUrl: divertPaths()
        case .latency, .status, .reset, .methodError, .revoked, .html, .verdict, .extraLongToken, .redirect,
            .expiredToken, .deadToken, .expiry, .wantsBody, .counts, .certificate:
            break
        }
    }

    /// Makes addresses out of the paths of files, on a host that does not exist.
    private mutating func divertPaths() {
        guard case .object(let members)? = response.json else { return }
        let diverted = members.map { member in
            guard let path = member.value.text, path.hasPrefix("/FT") else { return member }
            return JSONValue.Member(name: member.name, value: .string("https://elsewhere.invalid:13299" + path))
        }
        response.body = Array(JSONValue.object(diverted).compact.utf8)
    }
}
