// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What the chain knows about one of its tokens.
struct TokenRecord: Sendable {
    struct Held: Sendable {
        let access: Secret
        let refresh: Secret?
        let obtainedAt: Instant
        /// From here on a token that is in use is renewed.
        let renewAt: Instant
        /// From here on it is no longer handed out.
        let unusableAt: Instant
        let expiresAt: Instant
    }

    /// How long before its expiry a token is renewed (protocol page, section 4: 30 s for a token of 300 s).
    let margin: Duration
    private(set) var held: Held?
    private(set) var generation: UInt64 = 0
    private(set) var isUsed = false
    private(set) var lastUsedAt: Instant?
    /// An upstream did not accept the held token.
    var isRejected = false
    /// Somebody wants it anew, whether it is still good or not.
    var isForced = false
    /// Rejections since a token of this kind was last accepted.
    var rejections = 0
    var refreshIsUsable = true

    private(set) var failures = 0
    private(set) var lastFailure: (error: AntivirusError, at: Instant)?
    private(set) var retryAt: Instant?
    private(set) var isRefused = false

    init(margin: Duration) {
        self.margin = margin
    }

    /// The refresh token, unless it has been tried in vain.
    var refresh: Secret? { refreshIsUsable ? held?.refresh : nil }

    func isServable(_ now: Instant) -> Bool {
        guard let held else { return false }
        return !isRejected && now < held.unusableAt
    }

    /// Whether a token that somebody uses should be renewed ahead of its expiry.
    func isRenewalDue(_ now: Instant) -> Bool {
        guard let held, isUsed else { return false }
        return now >= held.renewAt && now < held.unusableAt && !isRejected
    }

    func mayTry(_ now: Instant) -> Bool {
        retryAt.map { now >= $0 } ?? true
    }

    mutating func use(_ now: Instant) {
        isUsed = true
        lastUsedAt = now
    }

    /// When a token is no longer handed out: what its holder starts with it must still arrive in time.
    static func unusableAt(_ issued: IssuedToken) -> Instant {
        issued.countedFrom + (issued.lifetime - min(.seconds(5), issued.lifetime / 4))
    }

    /// Takes a new token.
    ///
    /// `jitter` from 0 to 1 spreads the renewals of many daemons.
    mutating func store(_ issued: IssuedToken, jitter: Double) {
        let soft = min(margin + margin * (jitter / 3), issued.lifetime / 2)
        let expiresAt = issued.countedFrom + issued.lifetime
        held = Held(
            access: issued.access,
            refresh: issued.refresh,
            obtainedAt: issued.countedFrom,
            renewAt: expiresAt + (.zero - soft),
            unusableAt: Self.unusableAt(issued),
            expiresAt: expiresAt
        )
        generation &+= 1
        isUsed = false
        isRejected = false
        isForced = false
        refreshIsUsable = true
        failures = 0
        isRefused = false
        retryAt = nil
        // `rejections` stays: a server that rejects one token after the other is asked less and less often.
        if rejections == 0 { lastFailure = nil }
    }

    /// What another process needs to go on with the token.
    var saved: SavedTokens.Token? {
        guard let held else { return nil }
        return SavedTokens.Token(
            access: held.access,
            refresh: held.refresh,
            countedFrom: held.obtainedAt,
            lifetime: held.expiresAt - held.obtainedAt,
            isRejected: isRejected,
            refreshIsUsable: refreshIsUsable,
            isUsed: isUsed,
            lastUsedAt: lastUsedAt
        )
    }

    /// Goes on with another process's token.
    mutating func restore(_ saved: SavedTokens.Token, jitter: Double) {
        store(
            IssuedToken(
                access: saved.access,
                refresh: saved.refresh,
                lifetime: saved.lifetime,
                countedFrom: saved.countedFrom
            ),
            jitter: jitter
        )
        isRejected = saved.isRejected
        refreshIsUsable = saved.refreshIsUsable
        isUsed = saved.isUsed
        lastUsedAt = saved.lastUsedAt
    }

    mutating func fail(_ error: AntivirusError, until: Instant, _ now: Instant, isRefusal: Bool = false) {
        failures += 1
        isForced = false
        lastFailure = (error, now)
        retryAt = until
        isRefused = isRefusal
    }

    /// An upstream did not accept the token of a generation; one that has been replaced meanwhile is not meant.
    mutating func reject(generation: UInt64, _ error: AntivirusError, _ backOff: inout BackOff, _ now: Instant) {
        guard self.generation == generation, held != nil, !isRejected else { return }
        isRejected = true
        rejections += 1
        // The first rejection is a token that was revoked. A second one in a row is a server that rejects them all,
        // and must not make us fetch one for every call.
        guard rejections > 1 else { return }
        // A refresh whose token is not accepted has failed: the next token comes from a full authentication.
        refreshIsUsable = false
        fail(error, until: now + backOff.delay(after: rejections), now)
    }

    /// Knows nothing any more, but for the count by which grants that are still in use are told apart.
    mutating func forget() {
        let last = generation
        self = TokenRecord(margin: margin)
        generation = last
    }

    mutating func clearFailure() {
        retryAt = nil
        isRefused = false
    }

    /// What a waiter is told when no attempt is made now; nil where it had better wait.
    ///
    /// A first failure is tried again within half a second, so those who wait stay.
    func errorForWaiters(_ now: Instant) -> AntivirusError? {
        guard let retryAt, var error = lastFailure?.error, retryAt > now else { return nil }
        guard failures > 1 || isRefused || retryAt - now > .seconds(1) else { return nil }
        error.retryAfter = retryAt - now
        return error
    }

    /// When a token that is in use will be renewed.
    func nextRenewal(_ now: Instant) -> Instant? {
        isServable(now) && isUsed ? held?.renewAt : nil
    }
}
