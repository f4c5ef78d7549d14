// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// API Connect in front of SPE: routes, checks in the real order, header rules (protocol page, 2.2 and 5).
package struct Gateway: Sendable {
    /// The path of the catalogue.
    package static let basePath = "/ctti/privat-pre"
    /// The path of the token API.
    package static let requestTokenPath = basePath + "/2669/api-request-token"
    /// The path of the scan API.
    package static let scanFilePath = basePath + "/2669/api-scan-file"
    /// The longest `Authorization-SPE` that the API's schema lets through to a scan.
    package static let longestSPEAuthorization = 300

    private let apiClientId: String
    /// The calls that the plan allows, and how many of them are spent.
    var plan: PlanLimit
    /// Whether all response headers reach the client, with those of the plan and a `Date`.
    ///
    /// Which of them the real gateway lets through is not known (protocol page, section 8).
    var keepsHeaders = false

    /// Makes a gateway that knows one application with its plan.
    package init(apiClientId: String, plan: PlanLimit) {
        self.apiClientId = apiClientId
        self.plan = plan
    }

    /// The operation of a path.
    package static func operation(path: String) -> Operation {
        switch path {
        case requestTokenPath + "/authentication": .authentication
        case requestTokenPath + "/refresh": .refresh
        case scanFilePath + "/scan-file": .scanFile
        case scanFilePath + "/scan-file-path": .scanFilePath
        default: .unknown
        }
    }

    /// What the gateway itself refuses before the assembly runs, in its order; a pass spends one call of the plan.
    package mutating func refusal(
        _ head: RequestHead,
        _ operation: Operation,
        tokens: TokenRegister,
        at now: LabInstant
    ) -> Response? {
        guard operation != .unknown else { return ErrorBodies.ibm(404) }
        guard head.method == "POST" else { return ErrorBodies.ibm(405) }
        guard head.header("X-IBM-Client-Id") == apiClientId else { return ErrorBodies.ibm(401) }
        guard let token = head.header("Authorization").flatMap(ProtectionEngine.bearer), tokens.accepts(token, at: now)
        else { return ErrorBodies.invalidToken }
        guard plan.admit(at: now) else { return ErrorBodies.ibm(429) }
        return nil
    }

    /// What the assembly makes of `Authorization-SPE`: nil where it is missing, prefixed where it lacks `Bearer`.
    package static func speAuthorization(_ head: RequestHead) -> String? {
        guard let value = head.header("Authorization-SPE"), !value.isEmpty else { return nil }
        return value.contains("Bearer") ? value : "Bearer " + value
    }

    /// The validator's answer to `Authorization-SPE` on the scan operations, or nil.
    package static func validationRefusal(_ head: RequestHead) -> Response? {
        guard let value = head.header("Authorization-SPE"), !value.isEmpty, value.count <= longestSPEAuthorization
        else {
            return ErrorBodies.ctti(.badRequest)
        }
        return nil
    }

    /// The path of a scan-by-path body; nil where the schema refuses it, `.some(nil)` where `filePath` is missing.
    package static func filePath(body: [UInt8]) -> String?? {
        guard case .object(let members)? = JSONReader.read(body), members.allSatisfy({ $0.name == "filePath" }) else {
            return .none
        }
        guard let member = members.last else { return .some(.none) }
        guard let path = member.value.text else { return .none }
        return .some(path)
    }

    /// The answer with the header fields that reach the client.
    func finish(_ response: Response, at now: LabInstant) -> Response {
        guard keepsHeaders else { return Self.strip(response) }
        var kept = response
        kept.headers += [HeaderField("Date", now.httpDate)] + plan.headers(at: now)
        if response.status == 429 { kept.headers.append(HeaderField("Retry-After", String(plan.wait(at: now)))) }
        return kept
    }

    /// The answer without the headers that `ctti-response-headers-secure` takes away, and with the gateway's own.
    package static func strip(_ response: Response) -> Response {
        let kept = ["content-type", "strict-transport-security", "x-content-type-options", "x-frame-options"]
        var stripped = response
        stripped.headers.removeAll { field in
            let isChallenge = response.status == 401 && field.name.lowercased() == "www-authenticate"
            return !kept.contains(field.name.lowercased()) && !isChallenge
        }
        stripped.headers += [
            HeaderField("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
            HeaderField("X-Content-Type-Options", "nosniff"),
            HeaderField("X-Frame-Options", "DENY"),
        ]
        return stripped
    }
}
