// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer
import Logging

/// The profiles and the Security Centers of a usable configuration.
struct Upstreams {
    /// What they were made from.
    let loaded: Configuration.Loaded
    let profiles: Profiles
    let centers: SecurityCenters

    /// Makes them; what is as it was in the previous ones is taken over, with its tokens, counts and gateways.
    ///
    /// With previous ones it is called on the loop.
    init(
        _ loaded: Configuration.Loaded,
        limits: Limits,
        parts: ServiceParts,
        previous: Upstreams?,
        log: Logger
    ) {
        self.loaded = loaded
        profiles = Self.profiles(loaded, parts, previous, log)
        centers = Self.securityCenters(loaded, limits, parts, previous, log)
    }

    /// What goes on towards the servers; asked on the loop.
    var work: UpstreamWork { UpstreamWork(profiles, centers) }

    /// Whose credentials were refused; asked on the loop.
    var refused: RefusedUpstreams { RefusedUpstreams(profiles, centers) }

    /// What of them outlives the process.
    var state: StateSources { StateSources(loaded, profiles, centers.pool) }

    private static func securityCenters(
        _ loaded: Configuration.Loaded,
        _ limits: Limits,
        _ parts: ServiceParts,
        _ previous: Upstreams?,
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
        if let previous {
            let isSame = loaded.hasSameServers(as: previous.loaded)
            let replaced = loaded.replacedServers(since: previous.loaded)
            let pool = previous.centers.pool
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
        _ parts: ServiceParts,
        _ previous: Upstreams?,
        _ log: Logger
    ) -> Profiles {
        let profiles = loaded.configuration.profiles.values.sorted { $0.name < $1.name }.map { profile in
            let earlier = previous?.profiles.all.first { $0.name == profile.name }
            let before = previous?.loaded
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
        _ parts: ServiceParts,
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
        _ parts: ServiceParts,
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
