// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
package import GatehouseWire
package import Glibc

// What servers know about hosts and other servers.
extension GatewayPool {
    /// Hosts by a filter, on a server at the end of `route`.
    ///
    /// The list that the server makes is released again whatever happens.
    package func findHosts(
        server: String,
        route: Route = .primary,
        _ search: HostSearch,
        owner: uid_t,
        within: Duration = .seconds(120)
    ) async throws(SecurityCenterError) -> HostList {
        let deadline = loop.time.now + within
        let place = Place.route(try key(server, route, owner), keep: limits.pooledTime)
        do throws(SecurityCenterError) {
            return try await hosts(search, place, until: deadline)
        } catch {
            // The list is gone with its session; a search changes nothing and is begun anew, once.
            guard error.code == .sessionLost, !Task.isCancelled else { throw error }
            return try await hosts(search, place, until: deadline)
        }
    }

    private func hosts(
        _ search: HostSearch,
        _ place: Place,
        until deadline: Instant
    ) async throws(SecurityCenterError) -> HostList {
        let within = max(deadline - loop.time.now, .milliseconds(1))
        let found = try await perform(search.call(within: within), place, pinning: true)
        let lease = found.lease
        guard var pages = HostPages(found.reply, limit: search.limit) else {
            carryOut(table.unpin(lease, now: loop.time.now))
            throw SecurityCenterError(.unintelligible, "the answer is no list of hosts")
        }
        let same = samePlace(place, lease)
        defer {
            let release = pages.release
            spawner.spawn {
                if let release { _ = try? await self.perform(release, same) }
                await self.unpin(lease)
            }
        }
        while let call = pages.next(within: max(deadline - loop.time.now, .milliseconds(1))) {
            try pages.take(try await perform(call, same).reply)
        }
        return pages.list
    }

    private func unpin(_ lease: UpstreamLease) {
        carryOut(table.unpin(lease, now: loop.time.now))
    }

    /// The secondary servers of a server, their attributes in the wire's own form.
    package func listSecondaries(
        server: String,
        route: Route = .primary,
        owner: uid_t,
        within: Duration = .seconds(120)
    ) async throws(SecurityCenterError) -> [JSONObject] {
        guard var call = OwnerQuestion.secondaries.call else { return [] }
        call.within = within
        let place = Place.route(try key(server, route, owner), keep: limits.pooledTime)
        let reply = try await perform(call, place).reply
        guard let servers = reply.result.array else {
            guard reply.result.isNull else {
                throw SecurityCenterError(.unintelligible, "the answer is no list of servers")
            }
            return []
        }
        return servers.compactMap(HostPages.members)
    }
}
