// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer
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
        let time: any TimeSource
    }

    let all: [any Method]
    /// The gateways, which are ended before the daemon does; nil without a usable configuration.
    let gateways: GatewayPool?
    /// What outlives the process; nil without a usable configuration.
    let state: StateSources?
    let counts = ServerCountsLink()

    init(
        _ loaded: Result<Configuration.Loaded, ConfigurationFaults>,
        limits: Limits,
        parts: Parts,
        log: Logger
    ) {
        let configured: Configuration.Loaded
        switch loaded {
        case .failure(let faults):
            for fault in faults.faults { log.error("faulty configuration", metadata: ["fault": "\(fault)"]) }
            all = MethodSchema.all.values.map { UnconfiguredMethod(schema: $0, faults: faults) }
            gateways = nil
            state = nil
            return
        case .success(let value): configured = value
        }
        for notice in configured.notices + configured.credentialReport().notices { log.notice("\(notice)") }
        let profiles = Self.profiles(configured, parts, log)
        let scans = ScanCounts()
        let centers = Self.securityCenters(configured, limits, parts, log)
        gateways = centers.pool
        state = StateSources(configured, profiles, centers.pool)
        let time = parts.time
        let running = RunningScans()
        let uploads = UploadSlots(
            limits.uploads,
            perUser: limits.uploadsPerUid,
            loop: parts.loop,
            spawner: parts.spawner
        )
        let subscriptions = Subscriptions(
            loop: parts.loop,
            spawner: parts.spawner,
            sources: SubscriptionSources(profiles: profiles, centers: centers, running: running, time: time)
        )
        let methods: [any Method] = [
            DiscoverMethod(),
            PingMethod(),
            StatusMethod(
                profiles: profiles,
                limits: limits.values,
                scans: scans,
                startedAt: parts.time.now,
                time: parts.time,
                serverCounts: counts.read
            ),
            TokenStatusMethod(profiles: profiles, centers: centers, time: time),
            ScanFileMethod(
                profiles: profiles,
                readers: parts.readers,
                uploads: uploads,
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
        ]
        all = methods.filter { !$0.schema.isPlanned }
    }

    private static func securityCenters(
        _ loaded: Configuration.Loaded,
        _ limits: Limits,
        _ parts: Parts,
        _ log: Logger
    ) -> SecurityCenters {
        var servers: [SecurityCenters.Server] = []
        var profiles: [SecurityCenterProfile] = []
        for server in loaded.configuration.servers.values.sorted(by: { $0.name < $1.name }) {
            do {
                let credentials = try loaded.credentials(of: server)
                let readers = parts.readers
                let profile = SecurityCenterProfile(server, credentials) { name in
                    (try? await readers.run(user: 0) { try? loaded.credentials.read(name).secret }) ?? nil
                }
                profiles.append(profile)
                servers.append(SecurityCenters.Server(name: server.name, fault: nil))
            } catch {
                servers.append(SecurityCenters.Server(name: server.name, fault: unavailable(error, log)))
            }
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
        log.error("an upstream cannot be used", metadata: ["fault": "\(fault)"])
        return APIError(.credentialMissing, "\(fault.key): the credential cannot be read; the daemon's log says why")
    }

    private static func profiles(_ loaded: Configuration.Loaded, _ parts: Parts, _ log: Logger) -> Profiles {
        let profiles = loaded.configuration.profiles.values.sorted { $0.name < $1.name }.map { profile in
            Profiles.Profile(name: profile.name, engine: profile.engine.kind, state: state(profile, loaded, parts, log))
        }
        return Profiles(all: profiles, defaultName: loaded.configuration.defaultProfile)
    }

    private static func state(
        _ profile: ProfileConfiguration,
        _ loaded: Configuration.Loaded,
        _ parts: Parts,
        _ log: Logger
    ) -> Profiles.Profile.State {
        switch profile.engine {
        case .spe(let spe): speState(profile.name, spe, loaded, parts, log)
        }
    }

    private static func speState(
        _ name: String,
        _ profile: SPEConfiguration,
        _ loaded: Configuration.Loaded,
        _ parts: Parts,
        _ log: Logger
    ) -> Profiles.Profile.State {
        let credentials: Configuration.ProfileCredentials
        do {
            credentials = try loaded.credentials(of: profile, named: name)
        } catch {
            return .unavailable(unavailable(error, log))
        }
        let client = AntivirusClient(
            profile: SPEProfile(name, profile, credentials),
            engine: parts.engine,
            time: parts.time
        )
        let tokens = TokenSource(loop: parts.loop, spawner: parts.spawner) { await client.renew($0) }
        let files = FileScanner(client: client, tokens: tokens, time: parts.time)
        let paths = PathScanner(client: client, tokens: tokens, folders: profile.folders, time: parts.time)
        return .ready(SPEEngine(files: files, paths: paths), tokens)
    }
}

/// Gives `status` the counts of the server, which is made after its methods.
final class ServerCountsLink: Sendable {
    private let server = Locked<Server?>(nil)

    func connect(_ server: Server) {
        self.server.withLock { $0 = server }
    }

    /// Reads the counts.
    ///
    /// Called on the loop.
    @Sendable func read() -> ServerCounts {
        server.withLock { $0 }?.counts ?? ServerCounts()
    }
}
