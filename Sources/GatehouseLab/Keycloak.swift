// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Keycloak's token endpoint for `client_credentials`, with the error bodies of its newer versions.
///
/// Source: the protocol page of the Antivirus API, sections 2.4 and 4. The texts of the errors that the page does not
/// quote are Keycloak's own (`TokenEndpoint.java`, `ClientIdAndSecretAuthenticator.java`).
package struct Keycloak: Sendable {
    /// The realm that exists.
    package static let realm = "gicarcpd4"
    /// The path of the token endpoint.
    package static let tokenPath = "/realms/\(realm)/protocol/openid-connect/token"
    /// The largest form that is read, in bytes.
    package static let longestForm = 64 * 1024

    /// Tokens given out, which the gateway checks.
    package var tokens = TokenRegister()

    private let clientId: String
    private let clientSecret: String
    private let lifetime: Int
    private var mint = TokenMint()

    private static let scopes = ["gicar_id_token", "gicar_user_information"]
    private static let grants = [
        "authorization_code", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange",
    ]

    /// Makes a server that knows one confidential client; `lifetime` is that of its tokens, in seconds.
    package init(clientId: String, clientSecret: String, lifetime: Int) {
        self.clientId = clientId
        self.clientSecret = clientSecret
        self.lifetime = lifetime
    }

    /// Answers one request whose body has been read.
    package mutating func answer(
        _ head: RequestHead,
        body: [UInt8],
        _ issue: TokenIssue = TokenIssue(),
        at now: LabInstant
    ) -> Response {
        var response = decide(head, body: body, issue, at: now)
        response.headers += [
            HeaderField("Referrer-Policy", "no-referrer"),
            HeaderField("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
            HeaderField("X-Content-Type-Options", "nosniff"),
            HeaderField("X-Frame-Options", "SAMEORIGIN"),
        ]
        return response
    }

    private mutating func decide(
        _ head: RequestHead,
        body: [UInt8],
        _ issue: TokenIssue,
        at now: LabInstant
    ) -> Response {
        if let refusal = Self.routeRefusal(head) { return refusal }
        guard let form = ByteCoding.formPairs(String(decoding: body, as: UTF8.self)) else {
            return Self.failure(400, "invalid_request", "Malformed form parameters")
        }
        guard let grant = form.first(where: { $0.name == "grant_type" })?.value, !grant.isEmpty else {
            return Self.failure(400, "invalid_request", "Missing form parameter: grant_type")
        }
        guard grant == "client_credentials" || Self.grants.contains(grant) else {
            return Self.failure(400, "unsupported_grant_type", "Unsupported grant_type")
        }
        if let refusal = clientRefusal(head, form) { return refusal }
        guard Set(form.map(\.name)).count == form.count else {
            return Self.failure(400, "invalid_request", "duplicated parameter")
        }
        guard grant == "client_credentials" else {
            return Self.failure(400, "unauthorized_client", "Client not allowed for this grant")
        }
        let scope = form.first { $0.name == "scope" }?.value ?? ""
        guard scope.split(separator: " ").allSatisfy({ Self.scopes.contains(String($0)) }) else {
            return Self.failure(400, "invalid_scope", "Invalid scopes: \(scope)")
        }
        return success(issue, at: now)
    }

    private static func routeRefusal(_ head: RequestHead) -> Response? {
        guard head.path == tokenPath else {
            let segments = head.path.split(separator: "/")
            let knownRealm = segments.count < 2 || segments[0] != "realms" || segments[1] == realm
            let text = knownRealm ? "Unable to find matching target resource method" : "Realm does not exist"
            return Response(status: 404, json: ["error": .string(text)])
        }
        guard head.method == "POST" else {
            return Response(
                status: 405,
                json: ["error": "HTTP 405 Method Not Allowed"],
                headers: [HeaderField("Allow", "POST, OPTIONS")]
            )
        }
        let mediaType = head.header("Content-Type").map(MediaType.init)
        guard mediaType?.essence == "application/x-www-form-urlencoded" else {
            return Response(status: 415, json: ["error": "HTTP 415 Unsupported Media Type"])
        }
        return nil
    }

    /// Both places are read, and what the body says wins over the header.
    private func clientRefusal(_ head: RequestHead, _ form: [(name: String, value: String)]) -> Response? {
        let authorization = head.header("Authorization")
        let basic = authorization.flatMap(Self.basicCredentials)
        let formId = form.first { $0.name == "client_id" }?.value
        let formSecret = form.first { $0.name == "client_secret" }?.value
        if authorization != nil, basic == nil, formId == nil {
            let challenge = HeaderField("WWW-Authenticate", "Basic realm=\"\(Self.realm)\"")
            return Response(status: 401, headers: [challenge])
        }
        guard let id = formId ?? basic?.id else {
            return Self.failure(400, "invalid_client", "Missing client_id parameter")
        }
        let description = "Invalid client or Invalid client credentials"
        guard id == clientId else { return Self.failure(401, "invalid_client", description) }
        guard let secret = formSecret ?? basic?.secret, secret == clientSecret else {
            return Self.failure(401, "unauthorized_client", description)
        }
        return nil
    }

    /// RFC 6749 section 2.3.1: base64, a colon, and both parts form-encoded within.
    private static func basicCredentials(_ value: String) -> (id: String, secret: String)? {
        let words = value.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "basic", let bytes = ByteCoding.decodeBase64(words[1]),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let id = ByteCoding.decodeForm(String(decoding: bytes[..<colon], as: UTF8.self)),
            let secret = ByteCoding.decodeForm(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
        else { return nil }
        return (id, secret)
    }

    private mutating func success(_ issue: TokenIssue, at now: LabInstant) -> Response {
        let lifetime = issue.hasExpired ? 0 : lifetime
        let expiry = LabInstant(seconds: now.seconds).advanced(bySeconds: lifetime)
        let scope = Self.scopes.joined(separator: " ")
        let token = mint.token(
            header: ["alg": "RS256", "typ": "JWT", "kid": .string(ByteCoding.base64URL(mint.bytes(32)))],
            claims: [
                "exp": .integer(expiry.seconds), "iat": .integer(now.seconds), "jti": .string(mint.identifier()),
                "iss": .string("https://localhost/realms/\(Self.realm)"), "aud": "account",
                "sub": .string(mint.identifier()), "typ": "Bearer", "azp": .string(clientId), "acr": "1",
                "scope": .string(scope), "clientHost": "127.0.0.1", "clientAddress": "127.0.0.1",
                "client_id": .string(clientId),
            ],
            signatureBytes: 256
        )
        if !issue.isDead { tokens.add(token, expiry: expiry, at: now) }
        let body: JSONValue = [
            "access_token": .string(token), "expires_in": .integer(expiry.seconds - now.seconds),
            "refresh_expires_in": 0, "token_type": "Bearer", "not-before-policy": 0, "scope": .string(scope),
        ]
        return Response(status: 200, json: body, headers: Self.noStore)
    }

    private static let noStore = [HeaderField("Cache-Control", "no-store"), HeaderField("Pragma", "no-cache")]

    /// An error body of the token endpoint (RFC 6749 section 5.2).
    package static func failure(_ status: Int, _ error: String, _ description: String) -> Response {
        let body: JSONValue = ["error": .string(error), "error_description": .string(description)]
        return Response(status: status, json: body, headers: noStore)
    }
}
