// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// All gateways and upstream sessions of the daemon: opens, shares, keeps alive and ends them, on the loop.
package actor GatewayPool {
    typealias Grant = Result<UpstreamLease, SecurityCenterError>

    let loop: EventLoop
    let spawner: TaskSpawner
    let limits: GatewayLimits
    var servers: [String: ServerLink]
    /// Servers that the configuration has no longer; what is open there is still to be ended.
    var retired: Set<String> = []
    let transport: @Sendable (SecurityCenterProfile) -> any ServerTransport
    var table: GatewayTable
    private var continuations: [UpstreamWaiter: CheckedContinuation<Grant, Never>] = [:]
    private var nextNumber: UInt64 = 1
    private var timer: (id: TimerID, at: Instant)?
    var pauses: [UInt64: (timer: TimerID, continuation: CheckedContinuation<Void, Never>)] = [:]
    var longAnswers = LongAnswers<CheckedContinuation<Bool, Never>>()
    /// Counts the changes of gateways.
    private var sequence: UInt64 = 0
    private var observers: [UInt64: @Sendable (GatewayChange) -> Void] = [:]
    /// Sessions that wait to be ended on their servers.
    private var endings: [(session: UpstreamSession, link: ServerLink)] = []
    private var endingNow = 0
    private var openingNow = 0
    private var drained: [CheckedContinuation<Void, Never>] = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Starts without a session; nothing is sent before somebody calls.
    package init(
        loop: EventLoop,
        spawner: TaskSpawner,
        limits: GatewayLimits = GatewayLimits(),
        servers: [SecurityCenterProfile],
        seed: UInt64 = .random(in: .min ... .max),
        transport: @escaping @Sendable (SecurityCenterProfile) -> any ServerTransport
    ) {
        self.loop = loop
        self.spawner = spawner
        self.limits = limits
        self.transport = transport
        let links = servers.map { ($0.name, ServerLink(profile: $0, transport: transport($0), time: loop.time)) }
        self.servers = Dictionary(links) { first, _ in first }
        table = GatewayTable(limits: limits, pingIntervals: self.servers.mapValues(\.profile.pingInterval), seed: seed)
    }

    func link(_ server: String) throws(SecurityCenterError) -> ServerLink {
        guard let link = servers[server] else {
            throw SecurityCenterError(.unknownServer, "there is no such server in the configuration")
        }
        return link
    }

    /// The link by which a lease's session was opened; throws where the server's name stands for another one by now.
    ///
    /// Good until the next wait: what is replaced leaves the table before its link does.
    func link(of lease: UpstreamLease) throws(SecurityCenterError) -> ServerLink {
        guard table.upstreams[lease.upstream] != nil else { throw table.closedError ?? GatewayTable.serverReplaced }
        return try link(lease.key.server)
    }

    func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    // MARK: Leases

    /// Waits for what `ask` asks of the table; a cancelled task stops waiting.
    func lease(
        _ ask: (inout GatewayTable, UpstreamWaiter) -> [GatewayTable.Action]
    ) async throws(SecurityCenterError) -> UpstreamLease {
        let waiter = UpstreamWaiter(number: takeNumber())
        let grant: Grant = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: .failure(Self.cancelled))
                    return
                }
                continuations[waiter] = continuation
                carryOut(ask(&table, waiter))
            }
        } onCancel: {
            spawner.spawn { await self.abandon(waiter) }
        }
        return try grant.get()
    }

    private func abandon(_ waiter: UpstreamWaiter) {
        guard let continuation = continuations.removeValue(forKey: waiter) else { return }
        var error = Self.cancelled
        error.requestMayHaveLeft = table.abandon(waiter)
        continuation.resume(returning: .failure(error))
    }

    static let cancelled = SecurityCenterError(.cancelled, "cancelled")

    // MARK: What the table decides

    func carryOut(_ actions: [GatewayTable.Action]) {
        for action in actions {
            switch action {
            case .open(let id): startOpening(id)
            case .end(let session, let server):
                if let link = servers[server] { end(session, link) }
            case .ping(let lease): spawner.spawn { await self.ping(lease) }
            case .deliver(let waiter, let lease):
                if let continuation = continuations.removeValue(forKey: waiter) {
                    continuation.resume(returning: .success(lease))
                } else {
                    carryOut(table.release(lease, hasContact: false, now: loop.time.now))
                }
            case .fail(let waiter, let error):
                continuations.removeValue(forKey: waiter)?.resume(returning: .failure(error))
            }
        }
        tellObservers()
        schedule()
    }

    private func ping(_ lease: UpstreamLease) async {
        guard let link = try? link(of: lease) else { return }
        let result: GatewayTable.PingResult =
            switch await link.ping(lease.session) {
            case .success(let reply): reply.status == 401 || reply.status == 403 ? .gone : .alive
            case .failure: .failed
            }
        carryOut(table.pinged(lease, result, now: loop.time.now))
    }

    private func schedule() {
        guard table.wakeAt != timer?.at else { return }
        if let timer { loop.cancel(timer.id) }
        timer = table.wakeAt.map { instant in
            let id = loop.schedule(at: instant) { [weak self] in
                self?.assumeIsolated { $0.timePassed() }
            }
            return (id, instant)
        }
    }

    private func timePassed() {
        timer = nil
        carryOut(table.timePassed(now: loop.time.now))
    }

    // MARK: Opening and ending

    private func startOpening(_ id: UpstreamID) {
        openingNow += 1
        spawner.spawn { await self.open(id) }
    }

    private func open(_ id: UpstreamID) async {
        if let key = table.upstreams[id]?.key, let binding = table.upstreams[id]?.binding {
            do throws(SecurityCenterError) {
                let link = try link(key.server)
                let (session, locations) = try await openRoute(id, key, binding, link)
                if table.upstreams[id] != nil {
                    carryOut(table.opened(id, on: key.server, session, locations: locations, now: loop.time.now))
                } else {
                    // Nobody wants it any more, and the name may stand for another server.
                    end(session, link)
                }
            } catch {
                carryOut(table.openFailed(id, error, now: loop.time.now))
            }
        }
        openingNow -= 1
        checkDrained()
    }

    private func end(_ session: UpstreamSession, _ link: ServerLink) {
        if case .connection(let connection) = session { return connection.close() }
        endings.append((session, link))
        endNext()
    }

    private func endNext() {
        while endingNow < limits.endingAtOnce, let next = endings.popLast() {
            endingNow += 1
            spawner.spawn {
                await next.link.end(next.session)
                await self.ended()
            }
        }
    }

    private func ended() {
        endingNow -= 1
        endNext()
        checkDrained()
    }

    /// Ends every session on its server, within ``GatewayLimits/endingTime``; from here on nothing is opened.
    ///
    /// The sessions of `saved` are not ended: another process goes on with them.
    package func shutDown(leaving saved: SavedGateways? = nil) async {
        carryOut(table.closeAll(leaving: saved))
        guard endingNow + openingNow > 0 else { return }
        let timer = loop.schedule(at: loop.time.now + limits.endingTime) { [weak self] in
            self?.assumeIsolated { $0.drain() }
        }
        await withCheckedContinuation { drained.append($0) }
        loop.cancel(timer)
    }

    private func checkDrained() {
        if endingNow + openingNow == 0, endings.isEmpty { drain() }
    }

    private func drain() {
        let waiting = drained
        drained = []
        for continuation in waiting { continuation.resume() }
    }

    // MARK: Another process

    /// What another process needs to go on.
    package func saved() -> SavedGateways { table.saved }

    /// Goes on with another process's gateways, before there are any; `isExact` where that process ended in order.
    package func restore(_ saved: SavedGateways, isExact: Bool) {
        guard table.upstreams.isEmpty else { return }
        var saved = saved
        _ = saved.keep { servers[$0] != nil }
        table.restore(saved, isExact: isExact, now: loop.time.now)
        carryOut([])
    }

    // MARK: Observing

    /// Calls `observer` on the loop with each change of a gateway, until ``stopObserving(_:)``.
    ///
    /// A change is an opening, another state or generation, or an end; uses are none.
    package func observe(_ observer: @escaping @Sendable (GatewayChange) -> Void) -> UInt64 {
        let number = takeNumber()
        observers[number] = observer
        return number
    }

    /// Ends an observation.
    package func stopObserving(_ number: UInt64) {
        observers[number] = nil
    }

    private func tellObservers() {
        guard !table.changed.isEmpty else { return }
        let changed = table.changed
        table.changed = []
        var told: Set<GatewayHandle> = []
        for (handle, owner) in changed where told.insert(handle).inserted {
            sequence += 1
            let change = GatewayChange(
                sequence: sequence,
                handle: handle,
                owner: owner,
                gateway: table.info(handle)
            )
            for observer in observers.values { observer(change) }
        }
    }

    /// How many changes there were: while it stays, ``gateways(owner:)`` differs in times and counts alone.
    package var revision: UInt64 { sequence }
}
