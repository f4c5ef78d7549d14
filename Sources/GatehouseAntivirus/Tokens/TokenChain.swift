// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// The token lifecycle of one profile as a pure machine: GICAR's token, then SPE's access and refresh tokens.
///
/// Inputs come with the time and return what to do; nothing here waits, sends or reads a clock. The rules are those of
/// contract section 5: one renewal in flight for any number of waiters, ahead of expiry only for tokens that are used,
/// a valid token served while its renewal is slow or fails, refresh before full authentication, wrong credentials stop
/// the attempts and everything else backs off.
package struct TokenChain: Sendable {
    /// One caller that waits for tokens.
    package struct Waiter: Hashable, Sendable {
        /// Any number that is unique among the waiters of a chain.
        package let number: UInt64

        /// Names a waiter.
        package init(number: UInt64) {
            self.number = number
        }
    }

    /// A request to a token server.
    package enum Step: String, Sendable {
        /// GICAR's token by client credentials.
        case token
        /// SPE's tokens by its refresh token.
        case refresh
        /// SPE's tokens from nothing.
        case authentication

        /// The token that this step renews.
        package var token: TokenName { self == .token ? .gicar : .spe }
    }

    /// What the shell around the machine does next.
    package enum Action: Equatable, Sendable {
        /// Sends a request and reports its outcome by ``TokenChain/completed(_:_:now:)``.
        case send(Request)
        /// Gives a waiter its tokens.
        case deliver(Waiter, TokenGrant)
        /// Gives a waiter the reason why there are none.
        case fail(Waiter, AntivirusError)
        /// Tells one who asked for new tokens that the attempt has ended.
        case refreshed(Waiter)
    }

    /// A request with the tokens that it needs.
    package struct Request: Equatable, Sendable {
        /// Which request.
        package let step: Step
        /// GICAR's token, for SPE's steps.
        package let gicar: Secret?
        /// SPE's refresh token, for a refresh.
        package let refresh: Secret?

        package static func == (left: Request, right: Request) -> Bool {
            left.step == right.step && left.gicar === right.gicar && left.refresh === right.refresh
        }
    }

    /// How long wrong credentials are not tried again (contract section 5).
    static let refusedTime = Duration.seconds(15 * 60)

    var gicar: TokenRecord
    var spe: TokenRecord
    var inFlight: Step?
    var waiters: [Waiter] = []
    /// Those who asked for new tokens.
    private var refreshers: [Waiter] = []
    /// What comes back was asked for before everything was forgotten, or wanted anew.
    private var dropsAnswer = false
    /// Whether what is in flight was sent because tokens are wanted anew.
    private var isSentAnew = false
    private var backOff: BackOff
    /// Whether GICAR's token was already renewed because SPE's step did not accept it.
    var renewedForStep = false

    /// Starts without any token.
    ///
    /// The seed drives the jitter.
    package init(seed: UInt64) {
        gicar = TokenRecord(margin: .seconds(30))
        spe = TokenRecord(margin: .seconds(300))
        backOff = BackOff(seed: seed)
    }

    // MARK: Inputs

    /// A caller needs both tokens.
    package mutating func acquire(_ waiter: Waiter, now: Instant) -> [Action] {
        waiters.append(waiter)
        return advance(now: now)
    }

    /// A caller waits no longer.
    ///
    /// A renewal that it started goes on: the next caller profits from it.
    package mutating func abandon(_ waiter: Waiter) {
        waiters.removeAll { $0 == waiter }
        refreshers.removeAll { $0 == waiter }
    }

    /// Obtains both tokens anew, from the start, also where the attempts had stopped; tells when that has ended.
    ///
    /// Tokens that are good are handed out until there are new ones.
    package mutating func refresh(_ waiter: Waiter, now: Instant) -> [Action] {
        // What is under way for others may rest on a token, or a secret, that nobody trusts any more.
        if inFlight != nil, !isSentAnew { dropsAnswer = true }
        refreshers.append(waiter)
        gicar.clearFailure()
        spe.clearFailure()
        gicar.isForced = true
        spe.isForced = true
        spe.refreshIsUsable = false
        return advance(now: now)
    }

    /// Forgets both tokens and all failures; whoever waits gets new ones.
    ///
    /// Grants that were given stay good for those who have them.
    package mutating func forget(now: Instant) -> [Action] {
        gicar.forget()
        spe.forget()
        dropsAnswer = inFlight != nil
        return advance(now: now)
    }

    /// Time has passed.
    package mutating func timePassed(now: Instant) -> [Action] {
        advance(now: now)
    }

    /// An upstream accepted the tokens of a grant, so that a rejection in the past no longer counts.
    package mutating func accepted(_ grant: TokenGrant) {
        if gicar.generation == grant.gicarGeneration { gicar.rejections = 0 }
        if spe.generation == grant.speGeneration { spe.rejections = 0 }
    }

    /// An upstream did not accept a token of a grant.
    ///
    /// It is renewed, unless that has happened meanwhile.
    package mutating func rejected(
        _ token: TokenName,
        of grant: TokenGrant,
        because error: AntivirusError,
        now: Instant
    ) -> [Action] {
        switch token {
        case .gicar: gicar.reject(generation: grant.gicarGeneration, error, &backOff, now)
        case .spe: spe.reject(generation: grant.speGeneration, error, &backOff, now)
        }
        return advance(now: now)
    }

    /// An upstream did not accept the credentials that went with the tokens of a grant.
    ///
    /// That stops the calls as wrong credentials at a step of the chain do: the next one begins with SPE's token again.
    package mutating func refused(_ grant: TokenGrant, because error: AntivirusError, now: Instant) -> [Action] {
        guard spe.generation == grant.speGeneration, spe.held != nil, !spe.isRejected else { return [] }
        spe.isRejected = true
        spe.fail(error, until: now + Self.refusedTime, now, isRefusal: true)
        return advance(now: now)
    }

    /// The request of a step has been answered, or has failed.
    package mutating func completed(
        _ step: Step,
        _ outcome: Result<IssuedToken, RenewalFailure>,
        now: Instant
    ) -> [Action] {
        guard inFlight == step else { return [] }
        inFlight = nil
        guard !dropsAnswer else {
            dropsAnswer = false
            return advance(now: now)
        }
        switch outcome {
        case .success(let issued) where now >= TokenRecord.unusableAt(issued):
            // Taken as a success it would be asked for again at once, and again.
            let error = AntivirusError(.unintelligible, "the new token had already expired when it came")
            take(RenewalFailure(.transient, error), of: step, now)
        case .success(let issued): store(issued, step)
        case .failure(let failure): take(failure, of: step, now)
        }
        return advance(now: now)
    }

    /// Forgets that credentials were wrong and waits no longer to try again: they may have been put right.
    package mutating func credentialsMayHaveChanged(now: Instant) -> [Action] {
        gicar.clearFailure()
        spe.clearFailure()
        return advance(now: now)
    }

    /// Goes on with another process's tokens, where there are none yet.
    ///
    /// Failures are no part of them: what was refused is tried again by a new process.
    package mutating func restore(_ saved: SavedTokens) {
        if let token = saved.gicar, gicar.held == nil { gicar.restore(token, jitter: backOff.unit()) }
        if let token = saved.spe, spe.held == nil { spe.restore(token, jitter: backOff.unit()) }
    }

    // MARK: Outcomes

    private mutating func store(_ issued: IssuedToken, _ step: Step) {
        let jitter = backOff.unit()
        switch step {
        case .token: gicar.store(issued, jitter: jitter)
        case .refresh, .authentication:
            spe.store(issued, jitter: jitter)
            renewedForStep = false
        }
    }

    private mutating func take(_ failure: RenewalFailure, of step: Step, _ now: Instant) {
        if step != .token, failure.cause == .gicarRejected, !renewedForStep {
            renewedForStep = true
            gicar.isRejected = true
            return
        }
        if step == .refresh, failure.cause != .rateLimited, failure.cause != .cancelled {
            spe.refreshIsUsable = false
            return
        }
        // A GICAR that fails in between does not give SPE's step another renewal: the two could take turns for ever.
        if step != .token { renewedForStep = false }
        let until = retryTime(after: failure, of: step, now)
        if step == .token {
            gicar.fail(failure.error, until: until, now, isRefusal: failure.cause == .wrongCredentials)
        } else {
            spe.fail(failure.error, until: until, now, isRefusal: failure.cause == .wrongCredentials)
        }
    }

    private mutating func retryTime(after failure: RenewalFailure, of step: Step, _ now: Instant) -> Instant {
        let failures = (step == .token ? gicar : spe).failures + 1
        switch failure.cause {
        case .wrongCredentials: return now + Self.refusedTime
        case .rateLimited:
            // The server's own time is a lower bound: one that always says "at once" is asked less and less often too.
            let asked = max(failure.error.retryAfter ?? .seconds(60), backOff.delay(after: failures))
            return now + asked + .seconds(backOff.unit() * 2)
        case .gicarRejected, .transient, .cancelled: return now + backOff.delay(after: failures)
        }
    }

    // MARK: Decisions

    private mutating func advance(now: Instant) -> [Action] {
        var actions = deliver(now)
        guard inFlight == nil else { return actions }
        if let step = nextStep(now) {
            inFlight = step
            isSentAnew = gicar.isForced || spe.isForced
            let gicarToken = step == .token ? nil : gicar.held?.access
            actions.append(.send(Request(step: step, gicar: gicarToken, refresh: step == .refresh ? spe.refresh : nil)))
        } else {
            actions += failBlocked(now) + endRefresh()
        }
        return actions
    }

    /// Nothing can be sent now, so what was asked for anew is there, or cannot be had.
    private mutating func endRefresh() -> [Action] {
        gicar.isForced = false
        spe.isForced = false
        defer { refreshers = [] }
        return refreshers.map { .refreshed($0) }
    }

    private mutating func deliver(_ now: Instant) -> [Action] {
        guard !waiters.isEmpty, gicar.isServable(now), spe.isServable(now), let first = gicar.held,
            let second = spe.held
        else { return [] }
        gicar.use(now)
        spe.use(now)
        let grant = TokenGrant(
            gicar: first.access,
            gicarGeneration: gicar.generation,
            spe: second.access,
            speGeneration: spe.generation,
            refresh: second.refresh
        )
        defer { waiters = [] }
        return waiters.map { .deliver($0, grant) }
    }

    private func nextStep(_ now: Instant) -> Step? {
        if wantsGICAR(now), gicar.mayTry(now) { return .token }
        guard wantsSPE(now), gicar.isServable(now), spe.mayTry(now) else { return nil }
        return spe.refresh == nil ? .authentication : .refresh
    }

    private func wantsSPE(_ now: Instant) -> Bool {
        spe.isForced || spe.isRenewalDue(now) || (!waiters.isEmpty && !spe.isServable(now))
    }

    private func wantsGICAR(_ now: Instant) -> Bool {
        gicar.isForced || gicar.isRenewalDue(now) || ((wantsSPE(now) || !waiters.isEmpty) && !gicar.isServable(now))
    }

    /// Nothing can be sent now: whoever waits for a token that is not tried soon hears why.
    private mutating func failBlocked(_ now: Instant) -> [Action] {
        guard !waiters.isEmpty, let record = [gicar, spe].first(where: { !$0.isServable(now) }),
            let error = record.errorForWaiters(now)
        else { return [] }
        defer { waiters = [] }
        return waiters.map { .fail($0, error) }
    }

    /// When the machine wants ``timePassed(now:)`` without any other input.
    package func nextWake(now: Instant) -> Instant? {
        guard inFlight == nil else { return nil }
        // What is wanted and not in flight waits for its delay; what is not wanted yet, for its time.
        var candidates: [Instant?] = []
        candidates.append(wantsGICAR(now) ? gicar.retryAt : gicar.nextRenewal(now))
        candidates.append(wantsSPE(now) ? spe.retryAt : spe.nextRenewal(now))
        return candidates.compactMap(\.self).filter { $0 > now }.min()
    }
}
