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
    private let gateways: GatewayPool?
    private let spawner: TaskSpawner
    private let supervision: Supervision
    private let log: Logger

    init(
        _ options: Options,
        _ loaded: Result<Configuration.Loaded, ConfigurationFaults>,
        logQueue: LogQueue,
        log: Logger
    ) throws(StartFault) {
        self.log = log
        let time = SystemTime()
        sockets = try ListeningSocket.all(options)
        guard options.exitOnIdle == nil || !sockets.contains(where: \.isOwn) else {
            throw StartFault("--exit-on-idle needs sockets that systemd passes: nobody would start the daemon again")
        }
        let limits = (try? loaded.get().configuration.limits) ?? Limits()
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
        let methods = MethodTable(
            loaded,
            limits: limits,
            parts: MethodTable.Parts(
                loop: loop,
                engine: engine,
                callEngine: callEngine,
                readers: readers,
                spawner: spawner,
                time: time,
                waitingScans: limits.waitingScans,
                log: logQueue
            ),
            log: log
        )
        gateways = methods.gateways
        self.spawner = spawner
        let audit = QueueingAudit(queue: logQueue, time: time)
        server = Server(
            loop: loop,
            limits: ServerLimits(limits),
            pipeline: Pipeline(
                methods: methods.all,
                authorise: .withoutPolicy(administrators: Self.administrators(), daemon: geteuid()),
                log: Log(audit, includesReads: log.logLevel <= .debug),
                time: time
            ),
            readers: readers,
            spawner: spawner
        )
        methods.counts.connect(server)
        let end: @Sendable () -> Void = { [loop, gateways] in Self.end(loop, gateways, spawner) }
        supervision = Supervision(
            manager: .current(),
            loop: loop,
            server: server,
            idleLimit: options.exitOnIdle,
            upstream: methods.upstreamWork,
            end: {
                log.info("idle: ending")
                end()
            }
        )
    }

    /// Tasks of the daemon: they prefer the loop, so that code between two waits runs there without a hop.
    private static func spawner(on loop: EventLoop) -> TaskSpawner {
        TaskSpawner { body in
            let task = Task(executorPreference: loop) { await body() }
            return TaskSpawner.Running(cancel: { task.cancel() })
        }
    }

    /// The group `gatehouse-admin`, which may use gateways; looked up once, since a name service may take its time.
    private static func administrators() -> UInt32? {
        var group = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        guard getgrnam_r("gatehouse-admin", &group, &buffer, buffer.count, &found) == 0, found != nil else {
            return nil
        }
        return group.gr_gid
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
        if let fault { throw StartFault(fault) }
    }

    private func received(_ signal: Int32) {
        guard signal != SIGHUP else {
            log.warning("SIGHUP: reloading is not supported by this version; restart instead")
            return
        }
        guard !server.isDraining else {
            cancelWork()
            return
        }
        log.log(.stopping, .info, "stopping")
        supervision.stopping()
        for socket in sockets { socket.removePath() }
        server.drain { [self] in Self.end(loop, gateways, spawner) }
        // A scan may take two minutes; whoever stops a service does not wait that long.
        loop.schedule(at: loop.time.now + .seconds(10)) { [self] in cancelWork() }
    }

    /// Ends what is open on Security Centers, then the loop.
    private static func end(_ loop: EventLoop, _ gateways: GatewayPool?, _ spawner: TaskSpawner) {
        guard let gateways else {
            loop.stop()
            return
        }
        spawner.spawn {
            await gateways.shutDown()
            loop.stop()
        }
    }

    /// Answers all work with `stopping`; a caller that does not take its answer is not waited for.
    private func cancelWork() {
        server.cancelAll()
        loop.schedule(at: loop.time.now + .seconds(1)) { [server] in server.closeAll() }
    }
}
