// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// All gateways and upstream sessions as a pure machine: inputs come with the time and return what to do.
///
/// A session is opened when somebody needs it, shared by all of one user's calls and gateways on the same route, and
/// ended when no gateway holds it and its time is over. A gateway by connection has a session to itself.
///
/// A session lasts 3 minutes without a request, as far as is known. So what a gateway holds is pinged after a third of
/// that without contact; each at a moment of its own, so that a thousand do not come at once. Pings are no use: they do
/// not put off the end of an idle gateway. What no gateway holds is not pinged and ends before it would expire.
struct GatewayTable: Sendable {
    enum Action: Sendable {
        /// Opens a session and reports by ``opened(_:on:_:locations:now:)`` or ``openFailed(_:_:now:)``.
        case open(UpstreamID)
        /// Ends a session on its server.
        case end(UpstreamSession, server: String)
        /// Pings a session and reports by ``pinged(_:_:now:)``.
        case ping(UpstreamLease)
        case deliver(UpstreamWaiter, UpstreamLease)
        case fail(UpstreamWaiter, SecurityCenterError)
    }

    let limits: GatewayLimits
    /// By server: how long a session is left alone.
    var pingIntervals: [String: Duration]
    var upstreams: [UpstreamID: UpstreamRecord] = [:]
    var gateways: [GatewayHandle: GatewayRecord] = [:]
    /// Sessions that are shared, by what they are shared by.
    var shared: [UpstreamKey: UpstreamID] = [:]
    /// How many gateways each user has.
    var owned: [UInt32: Int] = [:]
    /// Accounts that were refused, until when they are not tried.
    var refused: [String: (error: SecurityCenterError, until: Instant)] = [:]
    /// By server: why the account could not log in, since it last could.
    var loginFailures: [String: LoginFailures] = [:]
    /// Gateways whose state changed, for whoever observes them.
    var changed: [(handle: GatewayHandle, owner: UInt32)] = []
    var isClosed = false
    /// No later than the next moment at which time alone changes something.
    var wakeAt: Instant?
    private var nextNumber: UInt64 = 1
    private var jitter: UInt64

    /// Wrong credentials are tried again after that long: a server blocks an account after a few attempts.
    static let refusedTime = Duration.seconds(15 * 60)

    init(limits: GatewayLimits, pingIntervals: [String: Duration], seed: UInt64) {
        self.limits = limits
        self.pingIntervals = pingIntervals
        jitter = seed | 1
    }

    /// The attempts of an account to log in since it last could.
    struct LoginFailures: Sendable {
        var last: SecurityCenterError
        var at: Instant
        var count = 0
        /// For whom it was tried.
        var owners: Set<UInt32> = []
    }

    // MARK: Leases by route

    /// Somebody needs a session at the end of a route; it is kept for `keep` after its use.
    mutating func acquire(
        _ key: UpstreamKey,
        keep: Duration,
        _ waiter: UpstreamWaiter,
        now: Instant
    ) -> [Action] {
        if let error = closedError { return [.fail(waiter, error)] }
        guard let id = shared[key] else {
            if let error = refusal(key, now) { return [.fail(waiter, error)] }
            // What is kept for nobody but later calls is what may be too much.
            var actions = keep > .zero ? makeRoom(for: key.owner, leaving: limits.pooledPerUser - 1, now) : []
            let id = add(UpstreamRecord(key: key, binding: .session))
            shared[key] = id
            upstreams[id]?.waiters = [(waiter, keep)]
            actions.append(.open(id))
            return actions
        }
        return wait(waiter, keep, on: id, now)
    }

    /// Somebody needs a session that nobody shares, over a connection of its own.
    mutating func acquireConnection(_ key: UpstreamKey, _ waiter: UpstreamWaiter) -> [Action] {
        if let error = closedError { return [.fail(waiter, error)] }
        let id = add(UpstreamRecord(key: key, binding: .connection))
        upstreams[id]?.waiters = [(waiter, .zero)]
        return [.open(id)]
    }

    /// Somebody goes on with what was begun in one generation of a session.
    mutating func acquire(_ id: UpstreamID, generation: UInt64, _ waiter: UpstreamWaiter) -> [Action] {
        guard upstreams[id]?.isOpen(in: generation) == true, let lease = lease(id, handle: nil, keep: .zero) else {
            return [.fail(waiter, Self.sessionLost)]
        }
        return [.deliver(waiter, lease)]
    }

    private mutating func wait(_ waiter: UpstreamWaiter, _ keep: Duration, on id: UpstreamID, _ now: Instant)
        -> [Action]
    {
        switch upstreams[id]?.phase {
        case .open:
            guard let lease = lease(id, handle: nil, keep: keep) else { return [] }
            return [.deliver(waiter, lease)]
        case .opening:
            upstreams[id]?.waiters.append((waiter, keep))
            return []
        case .down, .gone, nil:
            if let key = upstreams[id]?.key, let error = refusal(key, now) { return [.fail(waiter, error)] }
            upstreams[id]?.waiters.append((waiter, keep))
            return reopen(id)
        }
    }

    // MARK: Leases by gateway

    /// Somebody calls through a gateway; with `generation`, goes on with what was begun in it.
    mutating func acquire(
        _ handle: GatewayHandle,
        owner: UInt32?,
        generation: UInt64? = nil,
        _ waiter: UpstreamWaiter,
        now: Instant
    ) -> [Action] {
        guard let gateway = gateways[handle], owner == nil || gateway.owner == owner else {
            return [.fail(waiter, closedError ?? Self.unknownGateway)]
        }
        guard gateway.queue.count < limits.waitingPerGateway else {
            let text = "too many calls wait for this gateway"
            return [.fail(waiter, SecurityCenterError(.unavailable, text, retryAfter: .seconds(1)))]
        }
        gateways[handle]?.queue.append((waiter, generation))
        return pump(handle, now)
    }

    /// Serves those who wait for a gateway, as far as its session and its limit allow.
    mutating func pump(_ handle: GatewayHandle, _ now: Instant) -> [Action] {
        guard let gateway = gateways[handle], let upstream = upstreams[gateway.upstream] else { return [] }
        let most = gateway.binding == .connection ? 1 : limits.callsPerGateway
        var actions = failLost(handle, upstream)
        switch upstream.phase {
        case .opening: break
        case .gone: actions += failQueue(of: handle, Self.gatewayGone)
        case .down:
            guard gateways[handle]?.queue.isEmpty == false else { break }
            if let error = refusal(upstream.key, now) {
                actions += failQueue(of: handle, error)
            } else {
                actions += reopen(gateway.upstream)
            }
        case .open:
            while (gateways[handle]?.inFlight ?? most) < most, let first = gateways[handle]?.queue.first,
                let lease = lease(gateway.upstream, handle: handle, keep: .zero)
            {
                gateways[handle]?.queue.removeFirst()
                gateways[handle]?.inFlight += 1
                actions.append(.deliver(first.waiter, lease))
            }
        }
        return actions
    }

    /// Those who go on with what was begun in a generation that is over.
    private mutating func failLost(_ handle: GatewayHandle, _ upstream: UpstreamRecord) -> [Action] {
        guard let queue = gateways[handle]?.queue, queue.contains(where: { $0.generation != nil }) else { return [] }
        let isLost = { (entry: GatewayRecord.Entry) in entry.generation.map { !upstream.isOpen(in: $0) } ?? false }
        guard !upstream.isOpening else { return [] }
        gateways[handle]?.queue.removeAll(where: isLost)
        return queue.filter(isLost).map { .fail($0.waiter, Self.sessionLost) }
    }

    mutating func failQueue(of handle: GatewayHandle, _ error: SecurityCenterError) -> [Action] {
        let queue = gateways[handle]?.queue ?? []
        gateways[handle]?.queue = []
        return queue.map { .fail($0.waiter, error) }
    }

    // MARK: Ends of leases

    /// A caller waits no longer; true where requests went to a server meanwhile, for it or for others who wait too.
    mutating func abandon(_ waiter: UpstreamWaiter) -> Bool {
        for (id, upstream) in upstreams where upstream.waiters.contains(where: { $0.waiter == waiter }) {
            upstreams[id]?.waiters.removeAll { $0.waiter == waiter }
            return upstream.isOpening
        }
        for (handle, gateway) in gateways where gateway.queue.contains(where: { $0.waiter == waiter }) {
            gateways[handle]?.queue.removeAll { $0.waiter == waiter }
            return upstreams[gateway.upstream]?.isOpening == true
        }
        return false
    }

    /// A request over a lease is through; `hasContact` when the server answered.
    mutating func release(_ lease: UpstreamLease, hasContact: Bool, now: Instant) -> [Action] {
        if hasContact { contact(lease.upstream, now) }
        upstreams[lease.upstream]?.leases -= 1
        if lease.keep > .zero {
            let until = now + keptTime(lease.keep, on: lease.key.server)
            let present = upstreams[lease.upstream]?.keptUntil ?? until
            upstreams[lease.upstream]?.keptUntil = max(present, until)
            note(until)
        }
        var actions: [Action] = []
        if let handle = lease.handle, gateways[handle]?.upstream == lease.upstream {
            gateways[handle]?.inFlight -= 1
            gateways[handle]?.lastUse = now
            actions += pump(handle, now)
        }
        return actions + settle(lease.upstream, now)
    }

    /// Keeps a session, and the gateway, while something goes on in it between requests.
    mutating func pin(_ lease: UpstreamLease) {
        upstreams[lease.upstream]?.pins += 1
        if let handle = lease.handle { gateways[handle]?.pins += 1 }
    }

    /// Takes back a ``pin(_:)``.
    mutating func unpin(_ lease: UpstreamLease, now: Instant) -> [Action] {
        upstreams[lease.upstream]?.pins -= 1
        if let handle = lease.handle, gateways[handle]?.upstream == lease.upstream {
            gateways[handle]?.pins -= 1
            gateways[handle]?.lastUse = now
        }
        return settle(lease.upstream, now)
    }

    // MARK: Parts

    mutating func lease(_ id: UpstreamID, handle: GatewayHandle?, keep: Duration) -> UpstreamLease? {
        guard let upstream = upstreams[id], case .open(let session) = upstream.phase else { return nil }
        upstreams[id]?.leases += 1
        return UpstreamLease(
            upstream: id,
            key: upstream.key,
            session: session,
            generation: upstream.generation,
            locations: upstream.locations,
            handle: handle,
            keep: keep
        )
    }

    private mutating func add(_ upstream: UpstreamRecord) -> UpstreamID {
        let id = UpstreamID(number: takeNumber())
        upstreams[id] = upstream
        return id
    }

    mutating func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    private mutating func reopen(_ id: UpstreamID) -> [Action] {
        upstreams[id]?.phase = .opening
        report(id)
        return [.open(id)]
    }

    /// The server answered: the session is good for its whole time again.
    mutating func contact(_ id: UpstreamID, _ now: Instant) {
        guard let upstream = upstreams[id] else { return }
        let interval = pingIntervals[upstream.key.server] ?? .seconds(60)
        // xorshift64: where in the last quarter of its interval each ping falls.
        jitter ^= jitter << 13
        jitter ^= jitter >> 7
        jitter ^= jitter << 17
        let part = Double(jitter >> 11) / Double(1 << 53)
        upstreams[id]?.lastContact = now
        upstreams[id]?.nextPing = now + interval * (0.75 + 0.25 * part)
    }

    mutating func note(_ instant: Instant) {
        wakeAt = min(wakeAt ?? instant, instant)
    }

    mutating func report(_ id: UpstreamID) {
        for handle in upstreams[id]?.handles ?? [] { changed.append((handle, gateways[handle]?.owner ?? 0)) }
    }

    private func refusal(_ key: UpstreamKey, _ now: Instant) -> SecurityCenterError? {
        guard key.route.isPrimary, let refused = refused[key.server], refused.until > now else { return nil }
        var error = refused.error
        error.retryAfter = refused.until - now
        return error
    }

    var closedError: SecurityCenterError? {
        isClosed ? SecurityCenterError(.unavailable, "the daemon is stopping") : nil
    }

    static let sessionLost = SecurityCenterError(.sessionLost, "the session in which this was begun is gone")
    static let serverReplaced = SecurityCenterError(.unavailable, "the server's configuration has changed meanwhile")
    static let unknownGateway = SecurityCenterError(.unknownGateway, "there is no such gateway")
    static let gatewayGone = SecurityCenterError(.gatewayGone, "the gateway's connection has ended")
    static let gatewayClosed = SecurityCenterError(.gatewayGone, "the gateway was closed before the call was sent")
}
