// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer
import Glibc
import Logging

/// The composition root: makes every part once, and is the only place that starts unstructured tasks.
struct Service {
    private let loop: EventLoop
    private let engine: TransferEngine
    private let callEngine: TransferEngine
    private let server: Server
    private let sockets: [ListeningSocket]
    private let end: ServiceEnd
    private let reloader: Reloader
    private let spawner: TaskSpawner
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
        let time = SystemTime()
        let passed = try PassedSockets.takeAll()
        let opensOwn = passed.sockets.isEmpty && (options.listen ?? options.adminListen) != nil
        guard options.exitOnIdle == nil || !opensOwn else {
            throw StartFault("--exit-on-idle needs sockets that systemd passes: nobody would start the daemon again")
        }
        sockets = try ListeningSocket.all(options, passed: passed.sockets)
        let passedState = passed.state(log)
        let loaded = loaded.map { $0.fitting(descriptors: descriptors) }
        let limits =
            (try? loaded.get().configuration.limits) ?? Limits().fitting(descriptors: descriptors).limits
        let readers: ReaderThreads
        do {
            loop = try EventLoop(time: time)
            readers = try ReaderThreads(perUser: limits.readerThreadsPerUid, total: limits.readerThreads)
        } catch {
            throw StartFault(error)
        }
        do {
            var transfers = TransferLimits()
            // Every upload has a connection at once, and a token request finds one beside them.
            transfers.connectionsPerHost = limits.uploads + 8
            transfers.connections = max(transfers.connections, limits.uploads + 16)
            engine = try TransferEngine(limits: transfers, time: time)
            var calls = TransferLimits()
            // An agent that does not answer holds its connection for as long as its caller waits.
            calls.connectionsPerHost = limits.requestsPerUid
            calls.connections = limits.requestsPerUid
            callEngine = try TransferEngine(limits: calls, time: time)
        } catch {
            throw StartFault(error.message)
        }
        let spawner = Self.spawner(on: loop)
        let removals = DropOffRemovals(spawner: spawner, time: time) { log.warning("\($0)") }
        self.spawner = spawner
        let auditLog = Log(QueueingAudit(queue: logQueue, loop: loop), includesReads: log.logLevel <= .debug)
        let lasting = Lasting(
            limits: limits,
            requests: auditLog.counts,
            passedState: passedState,
            loop: loop,
            spawner: spawner,
            time: time
        )
        let parts = MethodTable.Parts(
            loop: loop,
            engine: engine,
            callEngine: callEngine,
            readers: readers,
            spawner: spawner,
            removals: removals,
            time: time,
            lasting: lasting,
            log: logQueue
        )
        let configured = loaded.map { $0.rememberingCredentials() }
        let methods = MethodTable(configured, limits: limits, parts: parts, log: log)
        if case .success(let loaded) = configured {
            for notice in loaded.notices + loaded.credentialReport().notices { log.notice("\(notice)") }
        }
        let link = lasting.reloader
        let pipeline: @Sendable (MethodTable) -> Pipeline = { table in
            Pipeline(methods: table.all, authorise: table.authorise, log: auditLog, time: time) { failure in
                guard failure == .wrongCredentials || failure == .credentialMissing else { return }
                link.reloader?.credentialsWereRefused()
            }
        }
        let units: SystemdUnits?
        do {
            units = methods.namesUnits ? try SystemdUnits(time: time, log: log) : nil
        } catch {
            throw StartFault(error)
        }
        server = Server(
            loop: loop,
            limits: ServerLimits(limits),
            pipeline: pipeline(methods),
            units: units,
            readers: readers,
            spawner: spawner
        )
        lasting.server.connect(server)
        let end = ServiceEnd(loop: loop, spawner: spawner, lasting: lasting, removals: removals)
        self.end = end
        supervision = Supervision(
            manager: .current(),
            loop: loop,
            server: server,
            idleLimit: options.exitOnIdle,
            upstream: { lasting.reloader.reloader?.assumeIsolated { $0.upstreamWork } ?? UpstreamWork() },
            isHeld: Self.holds(lasting, removals, log).isHeld,
            end: {
                log.info("idle: ending")
                end.begin()
            }
        )
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
        lasting.reloader.connect(reloader)
    }

    /// What an idle daemon waits for.
    private static func holds(_ lasting: Lasting, _ removals: DropOffRemovals, _ log: Logger) -> IdleHolds {
        let counts = IdleHolds.Hold(reason: "calls count against a rate of the policy") {
            lasting.reloader.reloader?.assumeIsolated { $0.countsCalls } ?? false
        }
        let removing = IdleHolds.Hold(reason: "large files are still to be removed") { removals.isAtWork }
        return IdleHolds([counts, removing], log: log)
    }

    /// Tasks of the daemon: they prefer the loop, so that code between two waits runs there without a hop.
    private static func spawner(on loop: EventLoop) -> TaskSpawner {
        TaskSpawner { body in
            let task = Task(executorPreference: loop) { await body() }
            return TaskSpawner.Running(cancel: { task.cancel() })
        }
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
        loop.run {
            reloader.assumeIsolated { $0.startState() }
            if SecretMemory.protection == .none {
                log.notice("secrets are not kept from swap: RLIMIT_MEMLOCK (LimitMEMLOCK=) is too low")
            }
            do throws(SystemError) {
                try signals.open(on: loop)
                for socket in sockets {
                    let descriptor = socket.takeDescriptor()
                    try server.listen(on: descriptor, isAdmin: socket.isAdmin, isOwn: socket.isOwn)
                }
            } catch {
                fault = error
                loop.stop()
                return
            }
            for socket in sockets { log.log(.listening, .info, "listening", ["socket": "\(socket.name)"]) }
            supervision.serving()
        }
        engine.shutDown()
        callEngine.shutDown()
        end.finish()
        if let fault { throw StartFault(fault) }
    }

    private func received(_ signal: Int32) {
        guard signal != SIGHUP else {
            // What fails is in the log.
            spawner.spawn { [reloader] in _ = try? await reloader.reload() }
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
        loop.schedule(at: loop.time.now + .seconds(10)) { [self] in cancelWork() }
    }

    /// Answers all work with `stopping`; a caller that does not take its answer is not waited for.
    private func cancelWork() {
        server.cancelAll()
        loop.schedule(at: loop.time.now + .seconds(1)) { [server] in server.closeAll() }
    }
}
