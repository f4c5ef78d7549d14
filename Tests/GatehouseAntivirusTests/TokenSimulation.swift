// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

/// The shell around a chain, played by a test: the clock stands still until the test moves it.
struct TokenSimulation {
    var chain = TokenChain(seed: 7)
    var now = Instant(nanoseconds: 1_000_000_000_000)
    var requests: [TokenChain.Request] = []
    var delivered: [TokenChain.Waiter: TokenGrant] = [:]
    var failed: [TokenChain.Waiter: AntivirusError] = [:]
    private(set) var refreshed: Set<TokenChain.Waiter> = []
    private(set) var refreshing: Set<TokenChain.Waiter> = []
    private(set) var unanswered: Set<TokenChain.Waiter> = []
    private(set) var inFlight: TokenChain.Step?
    private var lastNumber: UInt64 = 0

    var steps: [TokenChain.Step] { requests.map(\.step) }

    mutating func pass(_ duration: Duration) {
        now = now + duration
        perform(chain.timePassed(now: now))
    }

    @discardableResult
    mutating func acquire() -> TokenChain.Waiter {
        lastNumber += 1
        let waiter = TokenChain.Waiter(number: lastNumber)
        unanswered.insert(waiter)
        perform(chain.acquire(waiter, now: now))
        return waiter
    }

    @discardableResult
    mutating func refresh() -> TokenChain.Waiter {
        lastNumber += 1
        let waiter = TokenChain.Waiter(number: lastNumber)
        refreshing.insert(waiter)
        perform(chain.refresh(waiter, now: now))
        return waiter
    }

    mutating func forget() {
        perform(chain.forget(now: now))
    }

    mutating func abandon(_ waiter: TokenChain.Waiter) {
        unanswered.remove(waiter)
        refreshing.remove(waiter)
        chain.abandon(waiter)
    }

    mutating func complete(_ step: TokenChain.Step, _ outcome: Result<IssuedToken, RenewalFailure>) {
        if inFlight == step { inFlight = nil }
        perform(chain.completed(step, outcome, now: now))
    }

    mutating func succeed(_ step: TokenChain.Step, lifetime: Duration? = nil) {
        complete(
            step,
            .success(issued(step, lifetime: lifetime ?? (step == .token ? .seconds(300) : .seconds(36_000))))
        )
    }

    mutating func fail(_ step: TokenChain.Step, _ cause: RenewalFailure.Cause, retryAfter: Duration? = nil) {
        complete(step, .failure(Self.failure(cause, retryAfter: retryAfter)))
    }

    mutating func reject(_ token: TokenName, of grant: TokenGrant) {
        perform(chain.rejected(token, of: grant, because: AntivirusError(.tokenRejected, "no"), now: now))
    }

    mutating func refuse(_ grant: TokenGrant) {
        perform(chain.refused(grant, because: AntivirusError(.wrongCredentials, "no"), now: now))
    }

    mutating func credentialsMayHaveChanged() {
        perform(chain.credentialsMayHaveChanged(now: now))
    }

    /// Both tokens fetched for one waiter.
    mutating func start() throws -> TokenGrant {
        let waiter = acquire()
        succeed(.token)
        succeed(.authentication)
        return try #require(delivered[waiter])
    }

    func issued(_ step: TokenChain.Step, lifetime: Duration) -> IssuedToken {
        IssuedToken(
            access: Secret("access"),
            refresh: step == .token ? nil : Secret("refresh"),
            lifetime: lifetime,
            countedFrom: now
        )
    }

    static func failure(_ cause: RenewalFailure.Cause, retryAfter: Duration? = nil) -> RenewalFailure {
        RenewalFailure(cause, AntivirusError(.failed, "\(cause)", retryAfter: retryAfter))
    }

    private mutating func perform(_ actions: [TokenChain.Action]) {
        for action in actions {
            switch action {
            case .send(let request):
                #expect(inFlight == nil, "one request in flight at a time")
                inFlight = request.step
                requests.append(request)
            case .deliver(let waiter, let grant):
                #expect(unanswered.remove(waiter) != nil, "answered twice, or after it left")
                delivered[waiter] = grant
            case .fail(let waiter, let error):
                #expect(unanswered.remove(waiter) != nil, "answered twice, or after it left")
                failed[waiter] = error
            case .refreshed(let waiter):
                #expect(refreshing.remove(waiter) != nil, "answered twice, or after it left")
                refreshed.insert(waiter)
            }
        }
        let wake = chain.nextWake(now: now)
        if let wake { #expect(wake > now, "a wake in the past is a busy loop") }
        if inFlight == nil { #expect(refreshing.isEmpty, "somebody waits for the end of nothing") }
        if inFlight == nil, !unanswered.isEmpty { #expect(wake != nil, "a lost wake: somebody waits for nothing") }
    }
}
