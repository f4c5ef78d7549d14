// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter

/// Where the items of each topic come from.
///
/// Everything here is called on the loop, where tokens and gateways live.
struct SubscriptionSources: Sendable {
    let profiles: Profiles
    let centers: SecurityCenters
    let running: RunningScans
    let time: any TimeSource
    private var followed: FollowedGateways
    private let poolObserver = Locked<UInt64?>(nil)
    private let hasEnded = Locked(false)

    init(profiles: Profiles, centers: SecurityCenters, running: RunningScans, time: any TimeSource) {
        self.profiles = profiles
        self.centers = centers
        self.running = running
        self.time = time
        followed = FollowedGateways(time: time)
    }

    /// The same, with what is known already of gateways that somebody follows.
    func continuing(_ old: SubscriptionSources?) -> SubscriptionSources {
        var sources = self
        if let old { sources.followed = old.followed }
        return sources
    }

    /// Tells nobody of changes any more.
    func endObserving() {
        hasEnded.withLock { $0 = true }
        if let number = poolObserver.withLock({ $0 }) { centers.pool.assumeIsolated { $0.stopObserving(number) } }
        for source in profiles.all.compactMap(\.tokens) { source.observe {} }
    }

    /// All items of a topic that a user may see; everybody's for nil.
    func all(_ topic: Subscribe.Topic, of user: UInt32?) -> [Subscription.Item] {
        switch topic {
        case .tokens:
            let calendar = Calendar(time)
            return profiles.all.map { .tokens(TokenStatus.Profile($0, calendar)) }
        case .gateways:
            let gateways = centers.pool.assumeIsolated { $0.gateways(owner: user) }
            return followed.all(gateways).map { .gateway($0) }
        case .scans: return running.all(of: user).map { .scan($0) }
        }
    }

    /// Takes a change from any thread; the item is made later, on the loop, when its source is at rest.
    ///
    /// It is nil where there is nothing to tell any more.
    typealias Observer = @Sendable (_ item: @escaping @Sendable () -> Subscription.Item?, _ owner: UInt32?) -> Void

    /// Calls `changed` with every change from now on.
    func observe(_ changed: @escaping Observer) {
        // Progress is told by another thread than the end, and may come after it.
        running.observe { [running] report, owner in
            changed({ running.isOver(report) ? nil : .scan(report) }, owner)
        }
        let followed = followed
        let number = centers.pool.assumeIsolated { pool in
            pool.observe { change in
                if let report = followed.report(change) { changed({ .gateway(report) }, change.owner) }
            }
        }
        poolObserver.withLock { $0 = number }
        let time = time
        for profile in profiles.all {
            guard case .ready(let engine, let source) = profile.state else { continue }
            // Weak, since the engine keeps its observers, and the profile keeps the engine.
            let report: @Sendable () -> Void = { [weak profile, hasEnded] in
                guard let profile, !hasEnded.withLock({ $0 }) else { return }
                let item: @Sendable () -> Subscription.Item? = {
                    .tokens(TokenStatus.Profile(profile, Calendar(time)))
                }
                changed(item, nil)
            }
            engine.observe(report)
            source?.observe(report)
        }
    }
}
