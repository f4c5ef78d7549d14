// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

// Gateways, and what time does to them.
extension GatewayTable {
    /// The overflow uid: whoever has no name in this user namespace (user_namespaces(7)).
    static let overflowUser: UInt32 = 65534

    /// Whether a user may have one more gateway; throws `noOwner`, `limitExceeded` or `unavailable`.
    func checkRoom(owner: UInt32) throws(SecurityCenterError) {
        if let closedError { throw closedError }
        guard owner != Self.overflowUser else {
            throw SecurityCenterError(.noOwner, "this user stands for many and owns no gateway")
        }
        guard owned[owner, default: 0] < limits.perUser, gateways.count < limits.total else {
            throw SecurityCenterError(.limitExceeded, "too many gateways are open")
        }
    }

    /// Gives an open session a handle; the lease is still to be released.
    mutating func add(
        _ handle: GatewayHandle,
        over lease: UpstreamLease,
        idleTimeout: Duration,
        now: Instant
    ) throws(SecurityCenterError) {
        try checkRoom(owner: lease.key.owner)
        guard let upstream = upstreams[lease.upstream] else { throw Self.sessionLost }
        gateways[handle] = GatewayRecord(
            upstream: lease.upstream,
            owner: lease.key.owner,
            binding: upstream.binding,
            openedAt: now,
            idleTimeout: idleTimeout,
            number: takeNumber(),
            lastUse: now
        )
        upstreams[lease.upstream]?.handles.append(handle)
        owned[lease.key.owner, default: 0] += 1
        changed.append((handle, lease.key.owner))
        note(now + idleTimeout)
        notePing(lease.upstream)
    }

    /// Closes a gateway of a user's, or of anyone's.
    mutating func close(_ handle: GatewayHandle, owner: UInt32?, now: Instant) throws(SecurityCenterError) -> [Action] {
        guard let gateway = gateways[handle], owner == nil || gateway.owner == owner else {
            throw Self.unknownGateway
        }
        return close(handle, gateway, now)
    }

    private mutating func close(_ handle: GatewayHandle, _ gateway: GatewayRecord, _ now: Instant) -> [Action] {
        let actions = failQueue(of: handle, Self.gatewayClosed)
        gateways[handle] = nil
        let left = owned[gateway.owner, default: 1] - 1
        owned[gateway.owner] = left > 0 ? left : nil
        changed.append((handle, gateway.owner))
        upstreams[gateway.upstream]?.handles.removeAll { $0 == handle }
        // A connection is nobody else's; what goes on on it ends with it.
        guard gateway.binding == .session else { return actions + remove(gateway.upstream) }
        return actions + settle(gateway.upstream, now)
    }

    /// Ends everything of one server's, whose name stands for another place or account from here on.
    mutating func forget(server: String, now: Instant) -> [Action] {
        var actions: [Action] = []
        for (handle, gateway) in gateways {
            guard upstreams[gateway.upstream]?.key.server == server else { continue }
            actions += close(handle, gateway, now)
        }
        for (id, upstream) in upstreams {
            guard upstream.key.server == server else { continue }
            actions += upstream.waiters.map { .fail($0.waiter, Self.serverReplaced) }
            actions += remove(id)
        }
        refused[server] = nil
        loginFailures[server] = nil
        return actions
    }

    /// Ends everything; nothing is opened any more.
    ///
    /// The sessions of `saved` are not ended on their servers, since another process has them.
    mutating func closeAll(leaving saved: SavedGateways? = nil) -> [Action] {
        isClosed = true
        let left = saved.map { Set($0.sessions.compactMap(\.id).map(ObjectIdentifier.init)) } ?? []
        var actions: [Action] = []
        let error = SecurityCenterError(.unavailable, "the daemon is stopping")
        for (handle, gateway) in gateways {
            actions += failQueue(of: handle, error)
            changed.append((handle, gateway.owner))
        }
        gateways = [:]
        owned = [:]
        for (id, upstream) in upstreams {
            actions += upstream.waiters.map { .fail($0.waiter, error) }
            let ending = remove(id)
            if case .open(.session(let id)) = upstream.phase, left.contains(ObjectIdentifier(id)) { continue }
            actions += ending
        }
        return actions
    }

    // MARK: Time

    /// Time has passed: closes what was idle for too long, ends what is kept no longer, pings what is held.
    mutating func timePassed(now: Instant) -> [Action] {
        wakeAt = nil
        var actions: [Action] = []
        for (handle, gateway) in gateways {
            guard let idleAt = gateway.idleAt else { continue }
            if idleAt <= now { actions += close(handle, gateway, now) } else { note(idleAt) }
        }
        for id in Array(upstreams.keys) {
            if let upstream = upstreams[id], upstream.isUnused, !isKept(upstream, now) { actions += remove(id) }
            actions += ping(id, now)
            notePing(id)
        }
        // Several a second are done at once: looking at a thousand gateways for each of them would cost more.
        if let wake = wakeAt { wakeAt = max(wake, now + .milliseconds(500)) }
        return actions
    }

    private mutating func ping(_ id: UpstreamID, _ now: Instant) -> [Action] {
        guard let due = notePingTime(id), due <= now, let upstream = upstreams[id], !upstream.isPinged else {
            return []
        }
        // What is in use is in contact, or will be.
        let handle = upstream.binding == .connection ? upstream.handles.first : nil
        guard upstream.leases == 0 else {
            upstreams[id]?.nextPing = now + .seconds(5)
            return []
        }
        guard let lease = lease(id, handle: handle, keep: .zero) else { return [] }
        upstreams[id]?.isPinged = true
        // Reported anew by the answer; without one, not before a request has run into its time.
        upstreams[id]?.nextPing = now + .seconds(60)
        if let handle { gateways[handle]?.inFlight += 1 }
        return [.ping(lease)]
    }

    // MARK: What may be told

    /// A gateway's state; nil when there is none.
    func info(_ handle: GatewayHandle) -> GatewayInfo? {
        guard let gateway = gateways[handle], let upstream = upstreams[gateway.upstream] else { return nil }
        return GatewayInfo(
            handle: handle,
            server: upstream.key.server,
            route: upstream.key.route,
            binding: gateway.binding,
            owner: gateway.owner,
            generation: upstream.generation,
            state: upstream.state,
            openedAt: gateway.openedAt,
            lastUsedAt: gateway.lastUse,
            idleTimeout: gateway.idleTimeout,
            callsInFlight: gateway.inFlight
        )
    }

    /// A user's gateways, or everyone's, the oldest first.
    func list(owner: UInt32?) -> [GatewayInfo] {
        gateways.filter { owner == nil || $0.value.owner == owner }
            .sorted { $0.value.number < $1.value.number }
            .compactMap { info($0.key) }
    }

    /// Where the account of a server stands.
    func login(of server: String, now: Instant) -> ServerLoginInfo {
        let failure = loginFailures[server]
        let open = upstreams.values.count { upstream in
            upstream.key.server == server && upstream.key.route.isPrimary && upstream.state == .open
        }
        return ServerLoginInfo(
            server: server,
            openSessions: open,
            consecutiveFailures: failure?.count ?? 0,
            lastFailure: failure?.last,
            lastFailureAt: failure?.at,
            triedFor: failure?.owners ?? [],
            nextAttemptAt: refused[server].flatMap { $0.until > now ? $0.until : nil }
        )
    }

    /// All upstream sessions, those of a server together, the oldest first.
    func sessions(now: Instant) -> [UpstreamSessionInfo] {
        upstreams.sorted { ($0.value.key.server, $0.key.number) < ($1.value.key.server, $1.key.number) }.map {
            _,
            upstream in
            let refused = upstream.key.route.isPrimary ? refused[upstream.key.server] : nil
            return UpstreamSessionInfo(
                server: upstream.key.server,
                route: upstream.key.route,
                owner: upstream.key.owner,
                binding: upstream.binding,
                state: upstream.state,
                generation: upstream.generation,
                openedAt: upstream.openedAt,
                lastContactAt: upstream.lastContact,
                lastFailure: upstream.lastFailure?.error,
                lastFailureAt: upstream.lastFailure?.at,
                nextAttemptAt: refused.flatMap { $0.until > now ? $0.until : nil }
            )
        }
    }
}
