// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Symantec Protection Engine's REST side: its tokens and the words of its scan answers (protocol page, 2.3 and 2.5).
package struct ProtectionEngine: Sendable {
    /// SPE's own paths, as its error bodies name them.
    package enum Path {
        /// Login.
        package static let authentication = "/v1/authentication"
        /// Renewal by refresh token.
        package static let refresh = "/v1/token/refresh"
        /// Scan of an uploaded file.
        package static let scanFile = "/spe/api/v1/scan-file"
        /// Scan of a file on the server's share.
        package static let scanFilePath = "/spe/api/v1/scan-file-path"
    }

    /// Access tokens given out.
    package var accessTokens = TokenRegister()
    /// Refresh tokens given out; a refresh spends the one it was made with.
    package var refreshTokens = TokenRegister()

    private let accessLifetime: Int
    private let refreshLifetime: Int
    private var mint = TokenMint()

    /// Makes an engine; lifetimes are in seconds.
    package init(accessLifetime: Int, refreshLifetime: Int) {
        self.accessLifetime = accessLifetime
        self.refreshLifetime = refreshLifetime
    }

    /// Answers a login, which the gateway made with its own account.
    package mutating func authenticate(_ issue: TokenIssue = TokenIssue(), at now: LabInstant) -> Response {
        self.issue(issue, at: now)
    }

    /// Answers a renewal; the refresh token is spent, access tokens stay good until they expire.
    package mutating func refresh(
        authorization: String,
        _ issue: TokenIssue = TokenIssue(),
        at now: LabInstant
    ) -> Response {
        guard let token = Self.bearer(authorization), refreshTokens.accepts(token, at: now) else {
            return Self.unauthorized(path: Path.refresh, at: now)
        }
        refreshTokens.remove(token)
        return self.issue(issue, at: now)
    }

    /// The refusal of a scan whose access token is not good, or nil.
    package func refusal(authorization: String, path: String, at now: LabInstant) -> Response? {
        guard let token = Self.bearer(authorization), accessTokens.accepts(token, at: now) else {
            return Self.unauthorized(path: path, at: now)
        }
        return nil
    }

    /// The token of a value that starts with `Bearer `, or nil.
    package static func bearer(_ value: String) -> String? {
        let words = value.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }

    private static func unauthorized(path: String, at now: LabInstant) -> Response {
        ErrorBodies.spe(401, "Unauthorized", path: path, at: now)
    }

    private mutating func issue(_ issue: TokenIssue, at now: LabInstant) -> Response {
        let lifetime = issue.hasExpired ? -1 : accessLifetime
        let expiry = LabInstant(seconds: now.seconds).advanced(bySeconds: lifetime)
        let header: JSONValue = ["alg": "HS256"]
        let access = mint.token(
            header: header,
            claims: [
                "AUTHORITIES_KEY": .string(issue.isLong ? String(repeating: "ROLE_SCAN,", count: 20) : "ROLE_SCAN"),
                "iat": .integer(now.seconds), "exp": .integer(expiry.seconds),
                "jti": .string(ByteCoding.base64URL(mint.bytes(18))),
            ],
            signatureBytes: 32
        )
        let refreshExpiry = now.advanced(bySeconds: refreshLifetime)
        let refresh = mint.token(
            header: header,
            claims: [
                "token_type": "refresh", "exp": .integer(refreshExpiry.seconds),
                "jti": .string(ByteCoding.base64URL(mint.bytes(18))),
            ],
            signatureBytes: 32
        )
        if !issue.isDead { accessTokens.add(access, expiry: expiry, at: now) }
        refreshTokens.add(refresh, expiry: refreshExpiry, at: now)
        let body: JSONValue = [
            "access_token": .string(access), "refresh_token": .string(refresh),
            "access_token_expiration_time": Self.expiration(expiry, issue.expiry),
        ]
        return Response(status: 200, json: body, headers: Self.springHeaders)
    }

    private static func expiration(_ expiry: LabInstant, _ form: Fault.ExpiryForm?) -> JSONValue {
        switch form {
        case nil: .integer(expiry.seconds)
        case .text: .string(String(expiry.seconds))
        case .milliseconds: .integer(expiry.milliseconds)
        case .millisecondsText: .string(String(expiry.milliseconds))
        }
    }

    /// What Spring's security filter adds; the gateway strips most of it.
    package static let springHeaders = [
        HeaderField("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
        HeaderField("Pragma", "no-cache"), HeaderField("Expires", "0"),
        HeaderField("Vary", "Origin"), HeaderField("X-XSS-Protection", "1; mode=block"),
    ]
}
