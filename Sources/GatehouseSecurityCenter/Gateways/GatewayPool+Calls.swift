// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
import GatehousePlatform
package import Glibc

// What the daemon's methods ask of the pool.
extension GatewayPool {
    /// Opens a gateway and gives it a handle.
    ///
    /// The route's session is shared with what this user has open already, but for `connection`. Throws `noOwner` for
    /// the overflow uid, `limitExceeded`, `unknownTarget`, and what the server says.
    package func prepareGateway(
        server: String,
        route: Route,
        binding: GatewayBinding = .session,
        idleTimeout: Duration = .seconds(900),
        owner: uid_t
    ) async throws(SecurityCenterError) -> GatewayInfo {
        guard !route.isPrimary else { throw SecurityCenterError(.invalidRoute, "the primary is no gateway") }
        let key = try key(server, route, owner)
        try table.checkRoom(owner: owner)
        let now = loop.time.now
        let lease =
            switch binding {
            case .session: try await lease { $0.acquire(key, keep: .zero, $1, now: now) }
            case .connection: try await lease { $0.acquireConnection(key, $1) }
            }
        do {
            // The server may be gone or another since this began to wait.
            _ = try self.key(server, route, owner)
            _ = try link(of: lease)
        } catch {
            release(lease)
            throw error
        }
        let handle = GatewayHandle.random()
        do {
            try table.add(handle, over: lease, idleTimeout: idleTimeout, now: loop.time.now)
        } catch {
            release(lease)
            throw error
        }
        release(lease)
        return try gateway(handle, owner: owner)
    }

    /// Calls a method through an open gateway.
    ///
    /// With `progress` the async action that the call begins, if it begins one, is followed to its end in the same
    /// session; `progress` is called on the loop. Cancelling the task ends the call or the following, not the action: from
    /// its beginning on, errors name its id, and none is of a kind that invites to begin it again.
    package func call(
        _ handle: GatewayHandle,
        _ call: MethodCall,
        owner: uid_t,
        follow progress: (@Sendable (ActionResult) -> Void)? = nil
    ) async throws(SecurityCenterError) -> CallReply {
        try await run(call, .gateway(handle, owner: owner, generation: nil), progress)
    }

    /// Calls a method at the end of a route, the primary among them, over a session that is kept for a while.
    package func call(
        server: String,
        route: Route,
        _ call: MethodCall,
        owner: uid_t,
        follow progress: (@Sendable (ActionResult) -> Void)? = nil
    ) async throws(SecurityCenterError) -> CallReply {
        try await run(call, .route(try key(server, route, owner), keep: limits.pooledTime), progress)
    }

    /// A gateway of a user's, or of anyone's where `owner` is nil; throws `unknownGateway`.
    package func gateway(_ handle: GatewayHandle, owner: uid_t?) throws(SecurityCenterError) -> GatewayInfo {
        guard let info = table.info(handle), owner == nil || info.owner == owner else {
            throw GatewayTable.unknownGateway
        }
        return info
    }

    /// A user's gateways, or everyone's where `owner` is nil, the oldest first.
    package func gateways(owner: uid_t?) -> [GatewayInfo] { table.list(owner: owner) }

    /// How many gateways are open.
    package var gatewayCount: Int { table.gateways.count }

    /// Closes a gateway; its session is ended on the server in the background, once no call uses it.
    package func closeGateway(_ handle: GatewayHandle, owner: uid_t?) throws(SecurityCenterError) {
        carryOut(try table.close(handle, owner: owner, now: loop.time.now))
    }

    /// Every upstream session that is held, the accounts' own among them.
    package func sessions() -> [UpstreamSessionInfo] { table.sessions(now: loop.time.now) }

    /// Where the accounts of all servers stand, by the servers' names.
    package func logins() -> [ServerLoginInfo] {
        servers.keys.filter { !retired.contains($0) }.sorted().map { table.login(of: $0, now: loop.time.now) }
    }

    /// Lets accounts that were refused be tried again with the next call: their servers may know them by now.
    package func retryLogins() {
        for (name, link) in servers {
            table.credentialsMayHaveChanged(server: name)
            link.forgetRefusal()
        }
    }

    /// Takes the servers of a configuration that was read again.
    ///
    /// What is open stays as it is, but for the servers of `replaced`, whose names stand for another place or account now:
    /// their gateways are closed and their sessions ended, where and as whom they were opened; a call that is under way
    /// may fail. A server that is gone is unknown to new calls, and its gateways are closed.
    package func configure(_ profiles: [SecurityCenterProfile], replaced: Set<String> = []) {
        // Before there are other links: an id of one server is never sent to another.
        for server in replaced.sorted() { carryOut(table.forget(server: server, now: loop.time.now)) }
        for profile in profiles {
            var link = ServerLink(profile: profile, transport: transport(profile), time: loop.time)
            // The account may be the same, and its server remembers too.
            if let before = servers[profile.name] { link.steps = before.steps }
            servers[profile.name] = link
            table.pingIntervals[profile.name] = profile.pingInterval
            table.credentialsMayHaveChanged(server: profile.name)
        }
        retired = Set(servers.keys).subtracting(profiles.map(\.name))
        for gateway in table.list(owner: nil) where retired.contains(gateway.server) {
            carryOut((try? table.close(gateway.handle, owner: nil, now: loop.time.now)) ?? [])
        }
    }

    /// Tries an account again that was refused: its credentials may have been put right.
    package func credentialsMayHaveChanged(server: String) {
        table.credentialsMayHaveChanged(server: server)
    }

    func key(_ server: String, _ route: Route, _ owner: uid_t) throws(SecurityCenterError) -> UpstreamKey {
        _ = try link(server)
        guard !retired.contains(server) else {
            throw SecurityCenterError(.unknownServer, "there is no such server in the configuration")
        }
        guard owner != GatewayTable.overflowUser else {
            throw SecurityCenterError(.noOwner, "this user stands for many and owns no session")
        }
        return UpstreamKey(server: server, route: route, owner: owner)
    }

    // MARK: Actions

    private func run(
        _ call: MethodCall,
        _ place: Place,
        _ progress: (@Sendable (ActionResult) -> Void)?
    ) async throws(SecurityCenterError) -> CallReply {
        guard let progress else { return try await perform(call, place, keepsTurn: true).reply }
        let deadline = loop.time.now + call.within
        let answer = try await perform(call, place, pinning: true)
        defer { carryOut(table.unpin(answer.lease, now: loop.time.now)) }
        guard let id = ActionFollower.id(in: answer.reply, of: call.method) else { return answer.reply }
        var reply = answer.reply
        do throws(SecurityCenterError) {
            let follower = ActionFollower(id: id, answer.reader)
            reply.action = try await follow(follower, samePlace(place, answer.lease), until: deadline, progress)
        } catch {
            throw ActionFollower.begun(id, error)
        }
        return reply
    }

    /// The same session and no other: an action is known nowhere else.
    func samePlace(_ place: Place, _ lease: UpstreamLease) -> Place {
        if case .gateway(let handle, let owner, _) = place {
            return .gateway(handle, owner: owner, generation: lease.generation)
        }
        return .session(lease.upstream, generation: lease.generation)
    }

    private func follow(
        _ follower: ActionFollower,
        _ place: Place,
        until deadline: Instant,
        _ progress: @Sendable (ActionResult) -> Void
    ) async throws(SecurityCenterError) -> ActionResult {
        var follower = follower
        var step = follower.begin()
        while true {
            switch step {
            case .ask(let delay):
                try await pause(delay)
                step = follower.answered(await look(follower, place, until: deadline))
            case .report(let result, let delay):
                progress(result)
                step = .ask(after: delay)
            case .done(let result): return result
            case .failed(let error): throw error
            }
        }
    }

    private func look(
        _ follower: ActionFollower,
        _ place: Place,
        until deadline: Instant
    ) async -> Result<CallReply, SecurityCenterError> {
        var call = follower.call
        call.within = min(call.within, max(deadline - loop.time.now, .milliseconds(1)))
        do throws(SecurityCenterError) {
            return .success(try await perform(call, place).reply)
        } catch {
            return .failure(error)
        }
    }

    /// Waits on the loop's clock; a cancelled task waits no longer and throws.
    func pause(_ time: Duration) async throws(SecurityCenterError) {
        if time > .zero {
            let number = takeNumber()
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    guard !Task.isCancelled else { return continuation.resume() }
                    let timer = loop.schedule(at: loop.time.now + time) { [weak self] in
                        self?.assumeIsolated { $0.endPause(number) }
                    }
                    pauses[number] = (timer, continuation)
                }
            } onCancel: {
                spawner.spawn { await self.endPause(number) }
            }
        }
        guard !Task.isCancelled else { throw Self.cancelled }
    }

    /// ``pause(_:)`` for a login, which whoever closes the pool waits for.
    func pauseForLogin(_ time: Duration) async throws(SecurityCenterError) {
        let end = loop.time.now + time
        while loop.time.now < end {
            if let error = table.closedError { throw error }
            try await pause(min(end - loop.time.now, .seconds(1)))
        }
    }

    private func endPause(_ number: UInt64) {
        guard let pause = pauses.removeValue(forKey: number) else { return }
        loop.cancel(pause.timer)
        pause.continuation.resume()
    }
}
