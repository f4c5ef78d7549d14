// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// What may be told about a token: everything but the token.
package struct TokenSnapshot: Sendable {
    /// Where a token stands.
    package enum State: String, Sendable {
        /// Nobody has needed one yet.
        case none
        /// There is one that is handed out.
        case valid
        /// There is none, and one is being fetched.
        case renewing
        /// There was one.
        case expired
        /// The server said that the credentials are wrong; attempts have stopped.
        case refused
        /// The last attempts failed; the next one waits.
        case waiting
    }

    /// Which token.
    package let token: TokenName
    /// Where it stands.
    package let state: State
    /// When it was asked for.
    package let obtainedAt: Instant?
    /// When it expires.
    package let expiresAt: Instant?
    /// When it will be renewed, if it is used until then.
    package let renewAt: Instant?
    /// When it was last handed out.
    package let lastUsedAt: Instant?
    /// How many callers wait for the chain.
    package let waiters: Int
    /// Failures since the last success.
    package let consecutiveFailures: Int
    /// The last failure, until a success.
    package let lastFailure: AntivirusError?
    /// When the last failure was.
    package let lastFailureAt: Instant?
    /// When the next attempt may be made.
    package let nextAttemptAt: Instant?
}

extension TokenChain {
    /// Tells where both tokens stand.
    package func snapshot(now: Instant) -> [TokenSnapshot] {
        TokenName.allCases.map { name in
            let record = name == .gicar ? gicar : spe
            return TokenSnapshot(
                token: name,
                state: state(of: record, isRenewing: inFlight?.token == name, now),
                obtainedAt: record.held?.obtainedAt,
                expiresAt: record.held?.expiresAt,
                renewAt: record.held?.renewAt,
                lastUsedAt: record.lastUsedAt,
                waiters: waiters.count,
                consecutiveFailures: record.failures,
                lastFailure: record.lastFailure?.error,
                lastFailureAt: record.lastFailure?.at,
                nextAttemptAt: record.retryAt.flatMap { $0 > now ? $0 : nil }
            )
        }
    }

    private func state(of record: TokenRecord, isRenewing: Bool, _ now: Instant) -> TokenSnapshot.State {
        if record.isServable(now) { return .valid }
        if isRenewing { return .renewing }
        if record.isRefused { return .refused }
        if record.retryAt.map({ $0 > now }) ?? false { return .waiting }
        return record.held == nil ? .none : .expired
    }
}
