// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer
import Glibc
import Logging

/// The composition root: makes every part once, and serves.
struct Service {
    private let parts: ServiceParts
    private let server: Server
    private let sockets: [ListeningSocket]
    private let end: ServiceEnd
    private let reloader: Reloader
    private let supervision: Supervision
    private let log: Logger

    init(
        _ options: Options,
        _ loaded: Result<Configuration.Loaded, ConfigurationFaults>,
        environment: [String: String],
        descriptors: Int,
        logQueue: LogQueue,
        log: Logger
    ) throws(StartFault) {
        self.log = log
        let passed = try PassedSockets.takeAll()
        try Self.checkIdleExit(options, passed)
        sockets = try ListeningSocket.all(options, passed: passed.sockets)
        let loaded = loaded.map { $0.fitting(descriptors: descriptors).rememberingCredentials() }
        let limits =
            (try? loaded.get().configuration.limits) ?? Limits().fitting(descriptors: descriptors).limits
        parts = try ServiceParts(limits, descriptors: descriptors, passed.state(log), logQueue, log)
        let methods = MethodTable(loaded, limits: limits, parts: parts, log: log)
        if case .success(let loaded) = loaded {
            for notice in loaded.notices + loaded.credentialReport().notices { log.notice("\(notice)") }
        }
        let units = try Self.units(for: methods, parts.time, log)
        let pipeline = Self.pipeline(parts)
        server = Server(
            loop: parts.loop,
            limits: ServerLimits(limits),
            pipeline: pipeline(methods),
            units: units,
            readers: parts.readers,
            spawner: parts.spawner
        )
        parts.lasting.server.connect(server)
        end = ServiceEnd(
            loop: parts.loop,
            spawner: parts.spawner,
            lasting: parts.lasting,
            removals: parts.removals
        )
        supervision = Self.supervision(server, parts, idleLimit: options.exitOnIdle, end, log)
        reloader = Reloader(
            path: options.configuration,
            environment: environment,
            descriptors: descriptors,
            server: server,
            supervision: supervision,
            parts: parts,
            table: methods,
            limits: limits,
            units: units,
            log: log,
            pipeline: pipeline
        )
        parts.lasting.reloader.connect(reloader)
    }

    private static func checkIdleExit(_ options: Options, _ passed: PassedSockets.Passed) throws(StartFault) {
        let opensOwn = passed.sockets.isEmpty && (options.listen ?? options.adminListen) != nil
        guard options.exitOnIdle == nil || !opensOwn else {
            throw StartFault("--exit-on-idle needs sockets that systemd passes: nobody would start the daemon again")
        }
    }

    /// What a table's methods are called through: a credential that was refused is looked at again.
    private static func pipeline(_ parts: ServiceParts) -> @Sendable (MethodTable) -> Pipeline {
        let link = parts.lasting.reloader
        return { [audit = parts.audit, time = parts.time] table in
            Pipeline(methods: table.all, authorise: table.authorise, log: audit, time: time) { failure in
                guard failure == .wrongCredentials || failure == .credentialMissing else { return }
                link.reloader?.credentialsWereRefused()
            }
        }
    }

    private static func units(
        for methods: MethodTable,
        _ time: any TimeSource,
        _ log: Logger
    ) throws(StartFault) -> SystemdUnits? {
        guard methods.namesUnits else { return nil }
        do {
            return try SystemdUnits(time: time, log: log)
        } catch {
            throw StartFault(error)
        }
    }

    private static func supervision(
        _ server: Server,
        _ parts: ServiceParts,
        idleLimit: Duration?,
        _ end: ServiceEnd,
        _ log: Logger
    ) -> Supervision {
        let link = parts.lasting.reloader
        return Supervision(
            manager: .current(),
            loop: parts.loop,
            server: server,
            idleLimit: idleLimit,
            upstream: { link.reloader?.assumeIsolated { $0.upstreamWork } ?? UpstreamWork() },
            isHeld: holds(parts.lasting, parts.removals, log).isHeld,
            end: {
                log.info("idle: ending")
                end.begin()
            }
        )
    }

    /// What an idle daemon waits for.
    private static func holds(_ lasting: Lasting, _ removals: DropOffRemovals, _ log: Logger) -> IdleHolds {
        let counts = IdleHolds.Hold(reason: "calls count against a rate of the policy") {
            lasting.reloader.reloader?.assumeIsolated { $0.countsCalls } ?? false
        }
        let removing = IdleHolds.Hold(reason: "large files are still to be removed") { removals.isAtWork }
        return IdleHolds([counts, removing], log: log)
    }

    /// Serves until SIGTERM or SIGINT, then answers what was accepted and ends.
    func run() throws(StartFault) {
        let signals: SignalSource
        do {
            signals = try SignalSource([SIGTERM, SIGINT, SIGHUP]) { [self] in received($0) }
        } catch {
            throw StartFault(error)
        }
        var fault: SystemError?
        parts.loop.run {
            reloader.assumeIsolated { $0.startState() }
            if SecretMemory.protection == .none {
                log.notice("secrets are not kept from swap: RLIMIT_MEMLOCK (LimitMEMLOCK=) is too low")
            }
            do throws(SystemError) {
                try signals.open(on: parts.loop)
                for socket in sockets {
                    let descriptor = socket.takeDescriptor()
                    try server.listen(on: descriptor, isAdmin: socket.isAdmin, isOwn: socket.isOwn)
                }
            } catch {
                fault = error
                parts.loop.stop()
                return
            }
            for socket in sockets { log.log(.listening, .info, "listening", ["socket": "\(socket.name)"]) }
            supervision.serving()
        }
        parts.engine.shutDown()
        parts.callEngine.shutDown()
        end.finish()
        if let fault { throw StartFault(fault) }
    }

    private func received(_ signal: Int32) {
        guard signal != SIGHUP else {
            // What fails is in the log.
            parts.spawner.spawn { [reloader] in _ = try? await reloader.reload() }
            return
        }
        guard !server.isDraining else {
            cancelWork()
            return
        }
        log.log(.stopping, .info, "stopping")
        supervision.stopping()
        for socket in sockets { socket.removePath() }
        server.drain { [end] in end.begin() }
        // A scan may take two minutes; whoever stops a service does not wait that long.
        parts.loop.schedule(at: parts.time.now + .seconds(10)) { [self] in cancelWork() }
    }

    /// Answers all work with `stopping`; a caller that does not take its answer is not waited for.
    private func cancelWork() {
        server.cancelAll()
        parts.loop.schedule(at: parts.time.now + .seconds(1)) { [server] in server.closeAll() }
    }
}
