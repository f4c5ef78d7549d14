// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer
import Glibc
import Logging

/// The methods of the daemon, made from its configuration.
struct MethodTable {
    /// The parts that methods work with.
    struct Parts {
        let loop: EventLoop
        let engine: TransferEngine
        /// The Security Centers' own engine: an upload that keeps the other one's thread busy holds up no call.
        let callEngine: TransferEngine
        let readers: ReaderThreads
        let spawner: TaskSpawner
        let removals: DropOffRemovals
        let time: any TimeSource
        let lasting: Lasting
        let log: LogQueue
    }

    let all: [any Method]
    /// Who may call which of them.
    let authorise: Authorise
    /// Whether the policy asks for callers' systemd units.
    let namesUnits: Bool
    /// The gateways, which are ended before the daemon does; nil without a usable configuration.
    let gateways: GatewayPool?
    /// What outlives the process; nil without a usable configuration.
    let state: StateSources?
    /// What it was made from; nil without a usable configuration.
    let configured: Configuration.Loaded?
    /// The profiles; nil without a usable configuration.
    let profiles: Profiles?
    /// The policy at work; nil where there is none.
    private let gate: PolicyGate?
    /// What goes on towards the servers; asked on the loop.
    let upstreamWork: @Sendable () -> UpstreamWork
    /// Whose credentials were refused; asked on the loop.
    let refused: @Sendable () -> RefusedUpstreams

    init(
        _ loaded: Result<Configuration.Loaded, ConfigurationFaults>,
        limits: Limits,
        parts: Parts,
        previous: MethodTable? = nil,
        log: Logger
    ) {
        let configured: Configuration.Loaded
        switch loaded {
        case .failure(let faults):
            for fault in faults.faults {
                log.log(.faultyConfiguration, .error, "faulty configuration", ["fault": "\(fault)"])
            }
            let others = MethodSchema.all.values.filter { $0.name != Reload.name }
            all =
                others.map { UnconfiguredMethod(schema: $0, faults: faults) }
                + [ReloadMethod(reloading: parts.lasting.reloader)]
            gateways = nil
            state = nil
            self.configured = nil
            profiles = nil
            gate = nil
            authorise = Self.withoutPolicy
            namesUnits = false
            upstreamWork = { UpstreamWork(faults: faults) }
            refused = { RefusedUpstreams() }
            return
        case .success(let value): configured = value
        }
        self.configured = configured
        let lasting = parts.lasting
        let profiles = Self.profiles(configured, parts, previous, log)
        self.profiles = profiles
        let centers = Self.securityCenters(configured, limits, parts, previous, log)
        gateways = centers.pool
        state = StateSources(configured, profiles, centers.pool)
        upstreamWork = { UpstreamWork(profiles, centers) }
        refused = { RefusedUpstreams(profiles, centers) }
        let time = parts.time
        let (scans, running, uploads) = (lasting.scans, lasting.running, lasting.uploads)
        let subscriptions = lasting.subscriptions
        subscriptions.follow(SubscriptionSources(profiles: profiles, centers: centers, running: running, time: time))
        let gate = configured.configuration.policy.map {
            PolicyGate($0, profiles: profiles, centers: centers, time: time, previous: previous?.gate)
        }
        self.gate = gate
        let withoutPolicy = Self.withoutPolicy
        authorise = gate?.authorise ?? withoutPolicy
        namesUnits = gate?.policy.namesUnits ?? false
        all = [
            DiscoverMethod(),
            PingMethod(),
            StatusMethod(
                profiles: profiles,
                limits: limits.values,
                scans: scans,
                log: parts.log,
                startedAt: lasting.startedAt,
                time: parts.time,
                serverCounts: { lasting.server.counts }
            ),
            TokenStatusMethod(profiles: profiles, centers: centers, time: time),
            ScanFileMethod(
                profiles: profiles,
                readers: parts.readers,
                counts: scans,
                running: running,
                time: parts.time
            ),
            ScanPathMethod(profiles: profiles, uploads: uploads, counts: scans, running: running, time: time),
            PrepareGatewayMethod(centers: centers, time: time), CallAgentMethod(centers: centers, time: time),
            CallServerMethod(centers: centers, time: time), ListGatewaysMethod(centers: centers, time: time),
            CloseGatewayMethod(centers: centers), FindHostsMethod(centers: centers, time: time),
            ListSecondariesMethod(centers: centers, time: time), SubscribeMethod(subscriptions: subscriptions),
            UnsubscribeMethod(subscriptions: subscriptions),
            GetFileMethod(centers: centers, readers: parts.readers, time: time),
            PutFileMethod(centers: centers, readers: parts.readers, time: time),
            PolicyExplainMethod(gate: gate, withoutPolicy: withoutPolicy, readers: parts.readers),
            TokenRefreshMethod(
                profiles: profiles,
                centers: centers,
                reloading: lasting.reloader,
                time: time
            ),
            TokenForgetMethod(profiles: profiles, time: time),
            MetricsMethod(profiles: profiles, centers: centers, lasting: lasting, log: parts.log, time: time),
            DrainMethod(centers: centers, lasting: lasting, time: time), ReloadMethod(reloading: lasting.reloader),
        ]
    }

    /// Whether a call still counts against a rate of the policy.
    var countsCalls: Bool { gate?.countsCalls ?? false }

    /// The group `gatehouse-admin` may use gateways; it is looked up once, since a name service may take its time.
    private static let withoutPolicy = Authorise.withoutPolicy(
        administrators: HostAccounts.group(named: "gatehouse-admin"),
        daemon: geteuid()
    )

    private static func securityCenters(
        _ loaded: Configuration.Loaded,
        _ limits: Limits,
        _ parts: Parts,
        _ previous: MethodTable?,
        _ log: Logger
    ) -> SecurityCenters {
        var servers: [SecurityCenters.Server] = []
        var profiles: [SecurityCenterProfile] = []
        for server in loaded.configuration.servers.values.sorted(by: { $0.name < $1.name }) {
            do {
                let credentials = try loaded.credentials(of: server)
                let readers = parts.readers
                let profile = SecurityCenterProfile(server, credentials) { name in
                    (try? await readers.run(user: ReaderThreads.ownJobs) { try? loaded.credentials.read(name).secret })
                        ?? nil
                }
                profiles.append(profile)
                servers.append(SecurityCenters.Server(name: server.name, fault: nil))
            } catch {
                servers.append(SecurityCenters.Server(name: server.name, fault: unavailable(error, log)))
            }
        }
        if let pool = previous?.gateways, let before = previous?.configured {
            let isSame = loaded.hasSameServers(as: before)
            let replaced = loaded.replacedServers(since: before)
            // The pool lives on the loop, where whoever replaces a table is. What is open elsewhere stays open.
            if !isSame { pool.assumeIsolated { $0.configure(profiles, replaced: replaced) } }
            return SecurityCenters(all: servers, pool: pool)
        }
        let engine = parts.callEngine
        let pool = GatewayPool(
            loop: parts.loop,
            spawner: parts.spawner,
            limits: GatewayLimits(limits),
            servers: profiles,
            transport: { _ in CurlTransport(engine) }
        )
        return SecurityCenters(all: servers, pool: pool)
    }

    /// Notes why an upstream cannot work.
    ///
    /// The caller learns which key; what stands there is between the operator and the log.
    private static func unavailable(_ fault: ConfigurationFault, _ log: Logger) -> APIError {
        log.log(.unusableUpstream, .error, "an upstream cannot be used", ["fault": "\(fault)"])
        return APIError(.credentialMissing, "\(fault.key): the credential cannot be read; the daemon's log says why")
    }

    /// The profiles; those that are what they were keep their tokens, those whose plan is what it was keep its counts.
    private static func profiles(
        _ loaded: Configuration.Loaded,
        _ parts: Parts,
        _ previous: MethodTable?,
        _ log: Logger
    ) -> Profiles {
        let profiles = loaded.configuration.profiles.values.sorted { $0.name < $1.name }.map { profile in
            let earlier = previous?.profiles?.all.first { $0.name == profile.name }
            let before = previous?.configured
            if let earlier, let before, loaded.hasSame(profile: profile.name, as: before) { return earlier }
            let isSamePlan = before.map { loaded.hasSamePlan(profile: profile.name, as: $0) } ?? false
            let pacer = isSamePlan ? earlier?.pacer : nil
            return Profiles.Profile(
                name: profile.name,
                engine: profile.engine.kind,
                state: state(profile, loaded, pacer, parts, log).admitting(profile, parts, log)
            )
        }
        return Profiles(all: profiles, defaultName: loaded.configuration.defaultProfile)
    }

    private static func state(
        _ profile: ProfileConfiguration,
        _ loaded: Configuration.Loaded,
        _ pacer: PlanPacer?,
        _ parts: Parts,
        _ log: Logger
    ) -> Profiles.Profile.State {
        switch profile.engine {
        case .spe(let spe): speState(profile.name, spe, loaded, pacer, parts, log)
        case .clamd(let clamd): .ready(LocalEngines(parts, log).clamd(profile.name, clamd), nil)
        case .icap(let icap): .ready(LocalEngines(parts, log).icap(profile.name, icap), nil)
        }
    }

    private static func speState(
        _ name: String,
        _ profile: SPEConfiguration,
        _ loaded: Configuration.Loaded,
        _ pacer: PlanPacer?,
        _ parts: Parts,
        _ log: Logger
    ) -> Profiles.Profile.State {
        do {
            let credentials = try loaded.credentials(of: profile, named: name)
            let client = AntivirusClient(
                profile: SPEProfile(name, profile, credentials),
                engine: parts.engine,
                time: parts.time,
                pacer: pacer ?? PlanPacer(profile.plan, parts)
            )
            let tokens = TokenSource(loop: parts.loop, spawner: parts.spawner) { await client.renew($0) }
            let uploads = FileScanner(client: client, tokens: tokens, time: parts.time)
            let paths = PathScanner(client: client, tokens: tokens, folders: profile.folders, time: parts.time)
            let files = try files((name, profile), uploads, paths, loaded, parts)
            let engine = SPEEngine(files: files, paths: paths)
            guard let accepted = profile.canaries else { return .ready(engine, tokens) }
            return .ready(LocalEngines(parts, log).guarded(engine, name, accepting: accepted), tokens)
        } catch {
            return .unavailable(unavailable(error, log))
        }
    }
}
