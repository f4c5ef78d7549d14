// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

// Gateways and sessions that outlive the process.
extension GatewayTable {
    /// What another process needs to go on.
    var saved: SavedGateways {
        var saved = SavedGateways()
        var places: [UpstreamID: Int] = [:]
        for (id, upstream) in upstreams.sorted(by: { $0.key.number < $1.key.number }) {
            guard let session = Self.saved(upstream) else { continue }
            places[id] = saved.sessions.count
            saved.sessions.append(session)
        }
        for (handle, gateway) in gateways.sorted(by: { $0.value.number < $1.value.number }) {
            guard let place = places[gateway.upstream] else { continue }
            saved.gateways.append(
                SavedGateways.Gateway(
                    handle: handle,
                    session: place,
                    openedAt: gateway.openedAt,
                    lastUse: gateway.lastUse,
                    idleTimeout: gateway.idleTimeout
                )
            )
        }
        return saved
    }

    /// A session that is open, or that a gateway needs.
    private static func saved(_ upstream: UpstreamRecord) -> SavedGateways.Session? {
        var id: Secret?
        if case .open(.session(let open)) = upstream.phase { id = open }
        guard id != nil || !upstream.handles.isEmpty else { return nil }
        return SavedGateways.Session(
            server: upstream.key.server,
            route: upstream.key.route,
            owner: upstream.key.owner,
            isConnection: upstream.binding == .connection,
            id: id,
            generation: upstream.generation,
            locations: upstream.locations,
            openedAt: upstream.openedAt,
            lastContact: upstream.lastContact,
            keptUntil: upstream.keptUntil
        )
    }

    /// Goes on with another process's gateways, before there are any.
    ///
    /// Where the other process did not end in order, it is not known when a gateway was used last, and its idle time
    /// begins anew (`isExact` false).
    mutating func restore(_ saved: SavedGateways, isExact: Bool, now: Instant) {
        var ids: [UpstreamID?] = []
        for session in saved.sessions { ids.append(restore(session, now)) }
        for gateway in saved.gateways {
            guard let id = ids[gateway.session], let upstream = upstreams[id] else { continue }
            let owner = upstream.key.owner
            let lastUse = isExact ? min(gateway.lastUse, now) : now
            gateways[gateway.handle] = GatewayRecord(
                upstream: id,
                owner: owner,
                binding: upstream.binding,
                openedAt: min(gateway.openedAt, now),
                idleTimeout: gateway.idleTimeout,
                number: takeNumber(),
                lastUse: lastUse
            )
            upstreams[id]?.handles.append(gateway.handle)
            owned[owner, default: 0] += 1
            changed.append((gateway.handle, owner))
            note(lastUse + gateway.idleTimeout)
        }
        for id in ids.compactMap(\.self) { notePing(id) }
    }

    private mutating func restore(_ session: SavedGateways.Session, _ now: Instant) -> UpstreamID? {
        let key = UpstreamKey(server: session.server, route: session.route, owner: session.owner)
        guard session.owner != Self.overflowUser, session.isConnection || shared[key] == nil else { return nil }
        let id = UpstreamID(number: takeNumber())
        var upstream = UpstreamRecord(key: key, binding: session.isConnection ? .connection : .session)
        upstream.phase =
            if session.isConnection { .gone } else { session.id.map { .open(.session($0)) } ?? .down }
        upstream.generation = session.generation
        upstream.locations = session.locations
        upstream.openedAt = session.openedAt.map { min($0, now) }
        upstream.keptUntil = session.keptUntil
        upstreams[id] = upstream
        if !session.isConnection { shared[key] = id }
        contact(id, min(session.lastContact ?? now, now))
        note(max(session.keptUntil ?? now, now))
        return id
    }
}
