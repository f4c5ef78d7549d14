// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseTransfer
import Logging

/// The methods of the daemon, made from its configuration.
struct MethodTable {
    /// The parts that methods work with.
    struct Parts {
        let loop: EventLoop
        let engine: TransferEngine
        let readers: ReaderThreads
        let spawner: TaskSpawner
        let time: any TimeSource
    }

    let all: [any Method]
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
            return
        case .success(let value): configured = value
        }
        for notice in configured.notices + configured.credentialReport().notices { log.notice("\(notice)") }
        let profiles = Self.profiles(configured, parts, log)
        let scans = ScanCounts()
        all = [
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
            TokenStatusMethod(profiles: profiles, time: parts.time),
            ScanFileMethod(
                profiles: profiles,
                readers: parts.readers,
                uploads: UploadSlots(
                    limits.uploads,
                    perUser: limits.uploadsPerUid,
                    loop: parts.loop,
                    spawner: parts.spawner
                ),
                counts: scans,
                time: parts.time
            ),
        ]
    }

    private static func profiles(_ loaded: Configuration.Loaded, _ parts: Parts, _ log: Logger) -> Profiles {
        let profiles = loaded.configuration.profiles.values.sorted { $0.name < $1.name }.map { profile in
            Profiles.Profile(name: profile.name, engine: profile.engine, state: state(profile, loaded, parts, log))
        }
        return Profiles(all: profiles, defaultName: loaded.configuration.defaultProfile)
    }

    private static func state(
        _ profile: ProfileConfiguration,
        _ loaded: Configuration.Loaded,
        _ parts: Parts,
        _ log: Logger
    ) -> Profiles.Profile.State {
        let credentials: Configuration.ProfileCredentials
        do {
            credentials = try loaded.credentials(of: profile)
        } catch {
            log.error("a profile cannot work", metadata: ["profile": "\(profile.name)", "fault": "\(error)"])
            // The caller learns which key; what stands there is between the operator and the log.
            return .unavailable(
                APIError(.credentialMissing, "\(error.key): the credential cannot be read; the daemon's log says why")
            )
        }
        let client = AntivirusClient(
            profile: SPEProfile(profile, credentials),
            engine: parts.engine,
            time: parts.time
        )
        let tokens = TokenSource(loop: parts.loop, spawner: parts.spawner) { await client.renew($0) }
        return .ready(FileScanner(client: client, tokens: tokens, time: parts.time), tokens)
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
