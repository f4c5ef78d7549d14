// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Makes unguessable tokens that look like JWTs: three base64url parts, a readable header and claims, random signature.
package struct TokenMint: Sendable {
    private var generator = SystemRandomNumberGenerator()

    /// Makes a mint that draws from the system's random source.
    package init() {}

    /// A JWT-shaped text; the signature is as long as the algorithm's would be (256 bytes for RS256, 32 for HS256).
    package mutating func token(header: JSONValue, claims: JSONValue, signatureBytes: Int) -> String {
        let parts = [Array(header.compact.utf8), Array(claims.compact.utf8), bytes(signatureBytes)]
        return parts.map { ByteCoding.base64URL($0) }.joined(separator: ".")
    }

    /// A random identifier in the layout of a version 4 UUID.
    package mutating func identifier() -> String {
        var bytes = bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return ByteCoding.uuid(bytes)
    }

    /// Random bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

/// The tokens of one kind that a server has given out and not taken back.
package struct TokenRegister: Sendable {
    private var expiries: [String: LabInstant] = [:]

    /// Makes an empty register.
    package init() {}

    /// How many tokens are registered, expired ones included until the next issue.
    package var count: Int { expiries.count }

    /// Notes a token as issued, and forgets those that have expired.
    package mutating func add(_ token: String, expiry: LabInstant, at now: LabInstant) {
        expiries = expiries.filter { $0.value > now }
        expiries[token] = expiry
    }

    /// Whether the token was issued here, is not revoked, and has not reached its expiry.
    package func accepts(_ token: String, at now: LabInstant) -> Bool {
        expiries[token].map { now < $0 } ?? false
    }

    /// Revokes one token; an unknown one is ignored.
    package mutating func remove(_ token: String) {
        expiries[token] = nil
    }

    /// Revokes every token, and says how many there were.
    package mutating func removeAll() -> Int {
        defer { expiries = [:] }
        return expiries.count
    }
}

/// What is unusual about a token that is issued, where a fault wants it so.
package struct TokenIssue: Equatable, Sendable {
    /// It has more characters than the gateway takes.
    package var isLong = false
    /// It has expired already.
    package var hasExpired = false
    /// Nobody accepts it.
    package var isDead = false
    /// How its expiry is written; nil for seconds.
    package var expiry: Fault.ExpiryForm?

    /// A token as usual.
    package init() {}
}
