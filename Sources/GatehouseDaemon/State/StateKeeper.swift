// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseTransfer
import Glibc
import Logging

/// Keeps the state in systemd's descriptor store: puts it there after changes, and takes it from there at start.
///
/// When that is, ``StoreSchedule`` decides. Each record is stored by a thread of its own, since systemd may not take
/// messages for a while.
actor StateKeeper {
    private nonisolated let loop: EventLoop
    private let spawner: TaskSpawner
    private var sources: StateSources
    /// Nil where a configuration that was read again has no credential: then nothing is kept.
    private var key: SealingKey?
    /// The tokens and gateways whose changes are followed.
    private var followed: Set<ObjectIdentifier> = []
    private let log: Logger

    private var generation: UInt64 = 0
    /// What is in the store, by name.
    private var stored: [String] = []
    /// What was stored last.
    private var last: (record: StateRecord, revision: UInt64)?
    private var schedule = StoreSchedule()
    /// The timer for what is due.
    private var timer: (id: TimerID, instant: Instant)?
    private var whenStored: [CheckedContinuation<Void, Never>] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Nil where there is no store, nothing to keep, or no key to seal it with.
    init?(_ sources: StateSources?, passed: PassedState, loop: EventLoop, spawner: TaskSpawner, log: Logger) {
        // What was passed from a store shows that there is one.
        guard DescriptorStore.isOpen || passed.newestGeneration > 0, let sources, let key = sources.key else {
            return nil
        }
        self.loop = loop
        self.spawner = spawner
        self.sources = sources
        self.key = key
        self.log = log
    }

    // MARK: Start

    /// Goes on with the state of the last process, and follows the changes from here on.
    ///
    /// Called on the loop, before anybody is served.
    func start(_ passed: PassedState) {
        generation = passed.newestGeneration
        if let (name, record) = passed.takeNewest(key, now: StateMoment(loop.time), log) {
            stored = [name]
            restore(record)
        }
        observe()
        // What was stored at the end of a process says so, which does not hold for this one.
        if !stored.isEmpty { changed() }
    }

    /// Takes what a configuration that was read again has made; what is stored from here on is sealed under its key.
    ///
    /// Where it has none, what is stored is removed.
    /// Called on the loop.
    func follow(_ next: StateSources?) {
        guard let next else { return }
        sources = next
        key = next.key
        last = nil
        observe()
        changed()
    }

    private func observe() {
        let observer: @Sendable () -> Void = { [weak self] in self?.assumeIsolated { $0.changed() } }
        var present: Set<ObjectIdentifier> = [ObjectIdentifier(sources.pool)]
        if !followed.contains(ObjectIdentifier(sources.pool)) {
            _ = sources.pool.assumeIsolated { $0.observe { _ in observer() } }
        }
        for profile in sources.profiles {
            present.insert(ObjectIdentifier(profile.tokens))
            if !followed.contains(ObjectIdentifier(profile.tokens)) { profile.tokens.observe(as: "state", observer) }
        }
        followed = present
    }

    private func restore(_ record: StateRecord) {
        var count = 0
        for saved in record.profiles {
            guard let profile = sources.profiles.first(where: { $0.name == saved.name }),
                profile.binding == saved.binding
            else {
                log.notice("tokens of the last run are dropped", metadata: ["profile": "\(saved.name)"])
                continue
            }
            profile.tokens.assumeIsolated { $0.restore(saved.tokens) }
            count += 1
        }
        var gateways = record.gateways
        let bindings = Dictionary(record.servers.map { ($0.name, $0.binding) }) { first, _ in first }
        let dropped = gateways.keep { sources.servers[$0] != nil && sources.servers[$0] == bindings[$0] }
        for server in dropped {
            log.notice("gateways of the last run are dropped", metadata: ["server": "\(server)"])
        }
        sources.pool.assumeIsolated { $0.restore(gateways, isExact: record.isFinal) }
        log.info(
            "going on with the state of the last run",
            metadata: ["profiles": "\(count)", "gateways": "\(gateways.gatewayCount)"]
        )
    }

    // MARK: Changes

    /// Something changed that may be worth a new record.
    private func changed() {
        schedule.changed(now: loop.time.now)
        awaitDue()
    }

    /// Has the timer that is due next, and no other.
    private func awaitDue() {
        guard timer?.instant != schedule.due else { return }
        if let timer { loop.cancel(timer.id) }
        timer = schedule.due.map { due in
            (loop.schedule(at: due) { [weak self] in self?.assumeIsolated { $0.timePassed() } }, due)
        }
    }

    private func timePassed() {
        timer = nil
        schedule.began()
        guard let (record, revision) = next() else { return schedule.foundNothing() }
        last = (record, revision)
        store(record)
    }

    /// The record of now; nil where the store has the same already.
    private func next() -> (StateRecord, UInt64)? {
        if key == nil, stored.isEmpty { return nil }
        let record = record(isFinal: false)
        let revision = sources.pool.assumeIsolated { $0.revision }
        if let last, last.revision == revision, record.hasSameTokens(as: last.record) { return nil }
        return (record, revision)
    }

    private func record(isFinal: Bool) -> StateRecord {
        guard key != nil else {
            let (moment, nothing) = (StateMoment(loop.time), SavedGateways())
            return StateRecord(moment, isFinal: isFinal, profiles: [], servers: [], gateways: nothing)
        }
        return StateRecord(
            StateMoment(loop.time),
            isFinal: isFinal,
            profiles: sources.profiles.map { profile in
                let tokens = profile.tokens.assumeIsolated { $0.saved() }
                return StateRecord.Profile(name: profile.name, binding: profile.binding, tokens: tokens)
            },
            servers: sources.servers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            gateways: sources.pool.assumeIsolated { $0.saved() }
        )
    }

    // MARK: Storing

    private func store(_ record: StateRecord) {
        generation += 1
        let (key, generation, old) = (key, generation, stored)
        do {
            try Thread.start("state") { [spawner] in
                let result = Self.replace(old, by: record, generation, key)
                spawner.spawn { await self.ended(result) }
            }
        } catch {
            ended((old, error))
        }
    }

    /// Puts the new record beside the old, and only then removes the old; returns what is in the store.
    private static func replace(
        _ old: [String],
        by record: StateRecord,
        _ generation: UInt64,
        _ key: SealingKey?
    ) -> (stored: [String], fault: SystemError?) {
        var stored = old
        do throws(SystemError) {
            if !record.isEmpty {
                guard let key, let bytes = SealedState.seal(record, generation: generation, key) else {
                    throw SystemError(code: ENOMEM, call: "seal")
                }
                try DescriptorStore.store(bytes, generation: generation)
                stored.append(DescriptorStore.name(generation))
            }
            for name in old {
                try DescriptorStore.remove(name)
                stored.removeFirst()
            }
            return (stored, nil)
        } catch {
            return (stored, error)
        }
    }

    private func ended(_ result: (stored: [String], fault: SystemError?)) {
        stored = result.stored
        let failures = schedule.failures
        schedule.ended(isStored: result.fault == nil, now: loop.time.now)
        if let fault = result.fault {
            last = nil
            // Once for as long as it lasts.
            let metadata: Logger.Metadata = ["reason": "\(fault)"]
            log.log(level: failures == 0 ? .warning : .debug, "the state cannot be stored", metadata: metadata)
        } else if failures > 0 {
            log.notice("the state is stored again", metadata: ["attempts": "\(failures + 1)"])
        }
        let waiting = whenStored
        whenStored = []
        for continuation in waiting { continuation.resume() }
        awaitDue()
    }

    // MARK: End

    /// Stores the last record of this process; returns the gateways that are in it, nil where it could not be stored.
    ///
    /// Nothing is stored after it.
    func end() async -> SavedGateways? {
        schedule.close()
        awaitDue()
        await waitUntilStored()
        guard !schedule.isStoring else { return nil }
        let record = record(isFinal: true)
        schedule.began()
        store(record)
        await waitUntilStored()
        guard !schedule.isStoring, record.isEmpty || stored.contains(DescriptorStore.name(generation)) else {
            return nil
        }
        return record.gateways
    }

    /// Five seconds at most: systemd may be stuck, and whoever stops a service does not wait for that.
    private func waitUntilStored() async {
        guard schedule.isStoring else { return }
        let limit = loop.schedule(at: loop.time.now + .seconds(5)) { [weak self] in
            self?.assumeIsolated { $0.waitNoLonger() }
        }
        await withCheckedContinuation { whenStored.append($0) }
        loop.cancel(limit)
    }

    private func waitNoLonger() {
        let waiting = whenStored
        whenStored = []
        for continuation in waiting { continuation.resume() }
    }
}

extension ServiceParts {
    /// Has the state kept that a usable configuration has; the first such one goes on with that of the last process.
    ///
    /// Called on the loop, before anybody is served by that configuration.
    func keepState(_ sources: StateSources?, _ log: Logger) {
        if let keeper = lasting.state.withLock({ $0 }) { return keeper.assumeIsolated { $0.follow(sources) } }
        // A faulty configuration is no reason to drop what a repaired one can use.
        guard let sources else { return }
        let passed = lasting.passedState
        guard let keeper = StateKeeper(sources, passed: passed, loop: loop, spawner: spawner, log: log) else {
            _ = passed.takeNewest(nil, now: StateMoment(time), log)
            return
        }
        lasting.state.withLock { $0 = keeper }
        keeper.assumeIsolated { $0.start(passed) }
    }
}

extension StateRecord {
    /// Whether both have the same tokens of the same profiles.
    fileprivate func hasSameTokens(as other: StateRecord) -> Bool {
        profiles.count == other.profiles.count
            && zip(profiles, other.profiles).allSatisfy { $0.tokens.isSame(as: $1.tokens) }
    }
}
