// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

// What becomes of upstream sessions.
extension GatewayTable {
    /// A session was opened on a server.
    mutating func opened(
        _ id: UpstreamID,
        on server: String,
        _ session: UpstreamSession,
        locations: [JSONValue],
        now: Instant
    ) -> [Action] {
        // Everything was closed meanwhile: nobody may keep it.
        guard let upstream = upstreams[id], upstream.isOpening else {
            return [.end(session, server: server)]
        }
        upstreams[id]?.phase = .open(session)
        upstreams[id]?.generation += 1
        upstreams[id]?.locations = locations
        upstreams[id]?.openedAt = now
        upstreams[id]?.lastFailure = nil
        upstreams[id]?.waiters = []
        if upstream.key.route.isPrimary {
            refused[upstream.key.server] = nil
            loginFailures[upstream.key.server] = nil
        }
        contact(id, now)
        report(id)
        var actions: [Action] = upstream.waiters.compactMap { entry in
            lease(id, handle: nil, keep: entry.keep).map { .deliver(entry.waiter, $0) }
        }
        for handle in upstream.handles { actions += pump(handle, now) }
        notePing(id)
        return actions + settle(id, now)
    }

    /// A session could not be opened.
    mutating func openFailed(_ id: UpstreamID, _ error: SecurityCenterError, now: Instant) -> [Action] {
        guard let upstream = upstreams[id], upstream.isOpening else { return [] }
        upstreams[id]?.phase = upstream.binding == .connection && upstream.generation > 0 ? .gone : .down
        upstreams[id]?.lastFailure = (error, now)
        upstreams[id]?.waiters = []
        if upstream.key.route.isPrimary {
            var failures = loginFailures[upstream.key.server] ?? LoginFailures(last: error, at: now)
            (failures.last, failures.at, failures.count) = (error, now, failures.count + 1)
            failures.owners.insert(upstream.key.owner)
            loginFailures[upstream.key.server] = failures
            // One that says when to come back is a token's, which somebody may have renewed by the next attempt.
            if error.code == .wrongCredentials, error.retryAfter == nil {
                refused[upstream.key.server] = (error, now + Self.refusedTime)
            }
        }
        report(id)
        var actions: [Action] = upstream.waiters.map { .fail($0.waiter, error) }
        for handle in upstream.handles { actions += failQueue(of: handle, error) }
        return actions + settle(id, now)
    }

    /// The server knows a session no longer, or its connection ended; of that generation and no later one.
    mutating func lost(_ id: UpstreamID, generation: UInt64, now: Instant) -> [Action] {
        guard let upstream = upstreams[id], upstream.isOpen(in: generation), case .open(let session) = upstream.phase
        else { return [] }
        upstreams[id]?.phase = upstream.binding == .connection ? .gone : .down
        report(id)
        var actions: [Action] = []
        if upstream.binding == .connection { actions.append(.end(session, server: upstream.key.server)) }
        for handle in upstream.handles { actions += pump(handle, now) }
        return actions + settle(id, now)
    }

    /// What a ping found.
    enum PingResult: Sendable {
        case alive
        /// The server refused it.
        case gone
        /// No answer.
        case failed
    }

    /// A keep-alive ping was answered, or was not.
    mutating func pinged(_ lease: UpstreamLease, _ result: PingResult, now: Instant) -> [Action] {
        let id = lease.upstream
        upstreams[id]?.isPinged = false
        upstreams[id]?.leases -= 1
        var actions: [Action] = []
        if let handle = lease.handle, gateways[handle]?.upstream == id { gateways[handle]?.inFlight -= 1 }
        switch result {
        case .alive: contact(id, now)
        case .gone: actions += lost(id, generation: lease.generation, now: now)
        case .failed:
            if upstreams[id]?.binding == .connection {
                actions += lost(id, generation: lease.generation, now: now)
            } else {
                upstreams[id]?.nextPing = now + .seconds(10)
            }
        }
        if let handle = lease.handle { actions += pump(handle, now) }
        notePing(id)
        return actions + settle(id, now)
    }

    /// Forgets that an account was refused: its credentials may have been put right.
    mutating func credentialsMayHaveChanged(server: String) {
        refused[server] = nil
    }

    /// Ends a session that nobody uses, once its time is over, or where its user has too many of them.
    mutating func settle(_ id: UpstreamID, _ now: Instant) -> [Action] {
        guard let upstream = upstreams[id], upstream.isUnused else { return [] }
        guard isKept(upstream, now) else { return remove(id) }
        return makeRoom(for: upstream.key.owner, leaving: limits.pooledPerUser, now)
    }

    /// Whether an unused session waits for later calls; notes when it will no longer.
    mutating func isKept(_ upstream: UpstreamRecord, _ now: Instant) -> Bool {
        guard case .open = upstream.phase, let keptUntil = upstream.keptUntil, keptUntil > now else { return false }
        note(keptUntil)
        return true
    }

    /// How long a session is kept that nobody uses: never until it expires on its server.
    func keptTime(_ wish: Duration, on server: String) -> Duration {
        // A session is pinged after a third of its life; this is five sixths.
        min(wish, (pingIntervals[server] ?? .seconds(60)) * 5 / 2)
    }

    mutating func remove(_ id: UpstreamID) -> [Action] {
        guard let upstream = upstreams.removeValue(forKey: id) else { return [] }
        if shared[upstream.key] == id { shared[upstream.key] = nil }
        guard case .open(let session) = upstream.phase else { return [] }
        return [.end(session, server: upstream.key.server)]
    }

    /// Ends the sessions without a gateway that a user has not used for longest, until no more than `most` are left.
    mutating func makeRoom(for owner: UInt32, leaving most: Int, _ now: Instant) -> [Action] {
        // Looked at with each end of a call: most users are far from their limit.
        guard upstreams.count > most else { return [] }
        let idle = upstreams.filter { $0.value.key.owner == owner && $0.value.isUnused }
        guard idle.count > most else { return [] }
        let oldest = idle.sorted { ($0.value.keptUntil ?? now) < ($1.value.keptUntil ?? now) }
        return oldest.prefix(idle.count - max(most, 0)).flatMap { remove($0.key) }
    }

    func notePingTime(_ id: UpstreamID) -> Instant? {
        guard let upstream = upstreams[id], !upstream.handles.isEmpty, case .open = upstream.phase else { return nil }
        return upstream.nextPing
    }

    mutating func notePing(_ id: UpstreamID) {
        if let instant = notePingTime(id) { note(instant) }
    }
}
