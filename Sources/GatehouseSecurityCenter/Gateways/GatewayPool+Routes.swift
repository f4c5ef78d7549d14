// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

// Opening routes and sending calls over what is open.
extension GatewayPool {
    /// Over which session a call goes.
    enum Place: Sendable {
        /// Through a gateway; with a generation, in that one alone.
        case gateway(GatewayHandle, owner: UInt32?, generation: UInt64?)
        /// At the end of a route, opened where it is not.
        case route(UpstreamKey, keep: Duration)
        /// In one generation of a session.
        case session(UpstreamID, generation: UInt64)
    }

    /// An answer, and the session that gave it.
    struct Answer: Sendable {
        let reply: CallReply
        let lease: UpstreamLease
        /// Knows the secrets of that session.
        let reader: ReplyReader
    }

    func acquire(_ place: Place) async throws(SecurityCenterError) -> UpstreamLease {
        let now = loop.time.now
        switch place {
        case .gateway(let handle, let owner, let generation):
            return try await lease { table, waiter in
                table.acquire(handle, owner: owner, generation: generation, waiter, now: now)
            }
        case .route(let key, let keep):
            return try await lease { $0.acquire(key, keep: keep, $1, now: now) }
        case .session(let id, let generation):
            return try await lease { $0.acquire(id, generation: generation, $1) }
        }
    }

    func release(_ lease: UpstreamLease, hasContact: Bool = false) {
        carryOut(table.release(lease, hasContact: hasContact, now: loop.time.now))
    }

    /// Opens the primary by the account, anything else by a gateway.
    ///
    /// Stops where the table wants `id` no longer: other steps would go to what the server's name stands for by now.
    func openRoute(
        _ id: UpstreamID,
        _ key: UpstreamKey,
        _ binding: GatewayBinding,
        _ link: ServerLink
    ) async throws(SecurityCenterError) -> (UpstreamSession, [JSONValue]) {
        guard !key.route.isPrimary else { return (try await link.logIn(pausing: pauseForLogin), []) }
        let owner = UpstreamKey(server: key.server, route: key.route.owner, owner: key.owner)
        let primary = UpstreamKey(server: key.server, route: .primary, owner: key.owner)
        var preparation = RoutePreparation(key.route)
        var step = preparation.begin()
        var session: UpstreamSession?
        var entered: UpstreamLease?
        while true {
            if table.upstreams[id] == nil, session == nil {
                if let lease = entered { release(lease) }
                throw table.closedError ?? GatewayTable.serverReplaced
            }
            switch step {
            case .enter:
                let lease = try await acquire(.route(owner, keep: keep(for: owner)))
                entered = lease
                step = preparation.entered(lease.locations)
            case .ask(let question):
                step = preparation.answered(await ask(question, owner), to: question)
            case .leave:
                if let lease = entered { release(lease) }
                entered = nil
                step = preparation.left()
            case .prepare(let question):
                step = preparation.prepared(await attempt(question.call, primary))
            case .redeem(let oneTimeKey):
                do throws(SecurityCenterError) {
                    session = try await link.redeem(oneTimeKey, binding)
                    step = preparation.redeemed(.success(()))
                } catch {
                    step = preparation.redeemed(.failure(error))
                }
            case .done:
                guard let session else { throw SecurityCenterError(.unavailable, "there is no session") }
                return (session, preparation.locations)
            case .failed(let error):
                throw error
            }
        }
    }

    /// The primary is wanted again soon; servers on the way are left as soon as they were asked.
    private func keep(for key: UpstreamKey) -> Duration {
        key.route.isPrimary ? limits.pooledTime : .zero
    }

    private func ask(_ question: OwnerQuestion, _ owner: UpstreamKey) async -> Result<CallReply, SecurityCenterError> {
        guard let call = question.call else {
            return .failure(SecurityCenterError(.invalidRoute, "nobody can be asked for that"))
        }
        return await attempt(call, owner)
    }

    private func attempt(_ call: MethodCall, _ key: UpstreamKey) async -> Result<CallReply, SecurityCenterError> {
        do throws(SecurityCenterError) {
            return .success(try await perform(call, .route(key, keep: keep(for: key))).reply)
        } catch {
            return .failure(error)
        }
    }

    // MARK: Calls

    private func linkedSession(for place: Place) async throws(SecurityCenterError) -> (UpstreamLease, ServerLink) {
        let lease = try await session(for: place)
        do {
            return (lease, try link(of: lease))
        } catch {
            release(lease)
            throw error
        }
    }

    /// Sends a call and reads its answer; the session is opened anew once, where the server knows it no longer.
    ///
    /// With `pinning`, the session that answered is pinned, which the caller takes back. With `keepsTurn` the answer, if
    /// it is long, keeps others from being read: for whoever passes it on and asks for nothing else before.
    func perform(
        _ call: MethodCall,
        _ place: Place,
        pinning: Bool = false,
        keepsTurn: Bool = false
    ) async throws(SecurityCenterError) -> Answer {
        let deadline = loop.time.now + call.within
        var (lease, link) = try await linkedSession(for: place)
        let body = call.body
        let requestID = ServerRequests.requestID()
        let reader = link.reader(requestID)
        var attempt = CallAttempt(reader, isIdempotent: call.isIdempotent, binding: lease.session.binding)
        var step = CallAttempt.first
        while true {
            switch step {
            case .send(let freshConnection):
                if case .session(let id) = lease.session { attempt.reader.secrets.append(id) }
                let result = await link.send(
                    call.method,
                    body,
                    lease.session,
                    requestID: requestID,
                    within: max(deadline - loop.time.now, .milliseconds(1)),
                    freshConnection: freshConnection
                )
                step = attempt.sent(result)
            case .ping:
                step = attempt.pinged(await link.ping(lease.session))
            case .reopen:
                lose(lease)
                release(lease)
                (lease, link) = try await linkedSession(for: place)
                // The account may be another by now.
                attempt.reader.secrets += link.profile.account.secrets
                step = CallAttempt.first
            case .done(let reply):
                var answer: CallReply
                do {
                    let user = lease.key.owner
                    answer = try await read(reply, of: call, attempt.reader, for: user, keepsTurn: keepsTurn)
                } catch {
                    release(lease, hasContact: true)
                    throw error
                }
                if pinning { table.pin(lease) }
                release(lease, hasContact: true)
                answer.generation = lease.generation
                return Answer(reply: answer, lease: lease, reader: attempt.reader)
            case .failed(let error, let isLost):
                if isLost { lose(lease) }
                release(lease, hasContact: error.upstream?.status != nil)
                throw ended(error, lease)
            }
        }
    }

    /// The session for a call; nothing of the call has left where that cannot be opened, whatever was sent to open it.
    private func session(for place: Place) async throws(SecurityCenterError) -> UpstreamLease {
        do throws(SecurityCenterError) {
            return try await acquire(place)
        } catch {
            var error = error
            if error.code != .cancelled { error.requestMayHaveLeft = false }
            throw error
        }
    }

    /// The failure of a call whose connection was closed under it: its caller did not cancel it.
    private func ended(_ error: SecurityCenterError, _ lease: UpstreamLease) -> SecurityCenterError {
        guard error.code == .cancelled, !Task.isCancelled, lease.session.binding == .connection else { return error }
        var error = error
        error.code = .gatewayGone
        error.message = "the gateway was closed while the call was under way"
        error.requestMayHaveLeft = true
        return error
    }

    func lose(_ lease: UpstreamLease) {
        carryOut(table.lost(lease.upstream, generation: lease.generation, now: loop.time.now))
    }
}
