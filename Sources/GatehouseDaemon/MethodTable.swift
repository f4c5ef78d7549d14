// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer
import Glibc
import Logging

/// The methods of the daemon, made from its configuration.
struct MethodTable {
    let all: [any Method]
    /// Who may call which of them.
    let authorise: Authorise
    /// What the methods reach; nil without a usable configuration.
    let upstreams: Upstreams?
    /// The policy at work; nil where there is none.
    private let gate: PolicyGate?
    /// What is wrong with the configuration; nil where nothing is.
    private let faults: ConfigurationFaults?

    /// Makes the methods; what is as it was in the previous table is taken over.
    ///
    /// With a previous one it is called on the loop.
    init(
        _ loaded: Result<Configuration.Loaded, ConfigurationFaults>,
        limits: Limits,
        parts: ServiceParts,
        previous: MethodTable? = nil,
        log: Logger
    ) {
        switch loaded {
        case .failure(let faults): self.init(faults, parts, log)
        case .success(let loaded): self.init(loaded, limits, parts, previous, log)
        }
    }

    /// Every method tells its caller what is wrong, but for the one that reads the configuration again.
    private init(_ faults: ConfigurationFaults, _ parts: ServiceParts, _ log: Logger) {
        for fault in faults.faults {
            log.log(.faultyConfiguration, .error, "faulty configuration", ["fault": "\(fault)"])
        }
        all =
            MethodSchema.all.values.filter { $0.name != Reload.name }
            .map { UnconfiguredMethod(schema: $0, faults: faults) }
            + [ReloadMethod(reloading: parts.lasting.reloader)]
        authorise = Self.withoutPolicy
        upstreams = nil
        gate = nil
        self.faults = faults
    }

    private init(
        _ loaded: Configuration.Loaded,
        _ limits: Limits,
        _ parts: ServiceParts,
        _ previous: MethodTable?,
        _ log: Logger
    ) {
        let upstreams = Upstreams(loaded, limits: limits, parts: parts, previous: previous?.upstreams, log: log)
        let (profiles, centers, time) = (upstreams.profiles, upstreams.centers, parts.time)
        let gate = loaded.configuration.policy.map {
            PolicyGate($0, profiles: profiles, centers: centers, time: time, previous: previous?.gate)
        }
        parts.lasting.subscriptions.follow(
            SubscriptionSources(profiles: profiles, centers: centers, running: parts.lasting.running, time: time)
        )
        all =
            Self.scanning(profiles, parts) + Self.calling(centers, parts)
            + Self.administering(upstreams, gate, limits, parts)
        authorise = gate?.authorise ?? Self.withoutPolicy
        self.upstreams = upstreams
        self.gate = gate
        faults = nil
    }

    private static func scanning(_ profiles: Profiles, _ parts: ServiceParts) -> [any Method] {
        let lasting = parts.lasting
        return [
            ScanFileMethod(
                profiles: profiles,
                readers: parts.readers,
                counts: lasting.scans,
                running: lasting.running,
                time: parts.time
            ),
            ScanPathMethod(
                profiles: profiles,
                uploads: lasting.uploads,
                counts: lasting.scans,
                running: lasting.running,
                time: parts.time
            ),
        ]
    }

    private static func calling(_ centers: SecurityCenters, _ parts: ServiceParts) -> [any Method] {
        let time = parts.time
        return [
            PrepareGatewayMethod(centers: centers, time: time), CallAgentMethod(centers: centers, time: time),
            CallServerMethod(centers: centers, time: time), ListGatewaysMethod(centers: centers, time: time),
            CloseGatewayMethod(centers: centers), FindHostsMethod(centers: centers, time: time),
            ListSecondariesMethod(centers: centers, time: time),
            GetFileMethod(centers: centers, readers: parts.readers, time: time),
            PutFileMethod(centers: centers, readers: parts.readers, time: time),
        ]
    }

    private static func administering(
        _ upstreams: Upstreams,
        _ gate: PolicyGate?,
        _ limits: Limits,
        _ parts: ServiceParts
    ) -> [any Method] {
        let (profiles, centers, lasting, time) = (upstreams.profiles, upstreams.centers, parts.lasting, parts.time)
        return [
            DiscoverMethod(), PingMethod(),
            StatusMethod(
                profiles: profiles,
                limits: limits.values,
                scans: lasting.scans,
                log: parts.log,
                startedAt: lasting.startedAt,
                time: time,
                serverCounts: { lasting.server.counts }
            ),
            MetricsMethod(profiles: profiles, centers: centers, lasting: lasting, log: parts.log, time: time),
            SubscribeMethod(subscriptions: lasting.subscriptions),
            UnsubscribeMethod(subscriptions: lasting.subscriptions),
            TokenStatusMethod(profiles: profiles, centers: centers, time: time),
            TokenRefreshMethod(profiles: profiles, centers: centers, reloading: lasting.reloader, time: time),
            TokenForgetMethod(profiles: profiles, time: time),
            PolicyExplainMethod(gate: gate, withoutPolicy: withoutPolicy, readers: parts.readers),
            DrainMethod(centers: centers, lasting: lasting, time: time), ReloadMethod(reloading: lasting.reloader),
        ]
    }

    /// Whether the policy asks for callers' systemd units.
    var namesUnits: Bool { gate?.policy.namesUnits ?? false }

    /// Whether a call still counts against a rate of the policy.
    var countsCalls: Bool { gate?.countsCalls ?? false }

    /// What goes on towards the servers; asked on the loop.
    var upstreamWork: UpstreamWork {
        upstreams?.work ?? faults.map { UpstreamWork(faults: $0) } ?? UpstreamWork()
    }

    /// The group `gatehouse-admin` may use gateways; it is looked up once, since a name service may take its time.
    private static let withoutPolicy = Authorise.withoutPolicy(
        administrators: HostAccounts.group(named: "gatehouse-admin"),
        daemon: geteuid()
    )
}
