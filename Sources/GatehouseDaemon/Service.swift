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
    private let passedState: PassedState
    /// Keeps what outlives the process; nil where there is no descriptor store, or nothing to seal it with.
    private let state: StateKeeper?
    private let end: ServiceEnd
    private let log: Logger

    init(
        _ options: Options,
        _ loaded: Result<Configuration.Loaded, ConfigurationFaults>,
        writer: LineWriter,
        log: Logger
    ) throws(StartFault) {
        self.log = log
        let time = SystemTime()
        let passed = try PassedSockets.takeAll()
        sockets = try ListeningSocket.all(options, passed: passed.sockets)
        passedState = passed.state(log)
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
                time: time
            ),
            log: log
        )
        gateways = methods.gateways
        state = StateKeeper(methods.state, passed: passedState, loop: loop, spawner: spawner, log: log)
        end = ServiceEnd(loop: loop, spawner: spawner, gateways: gateways, state: state)
        let audit = TextAudit(writer: writer, time: time)
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
            startState()
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
            for socket in sockets { log.info("listening", metadata: ["socket": "\(socket.name)"]) }
            PassedSockets.notify("READY=1\nSTATUS=ready")
        }
        engine.shutDown()
        callEngine.shutDown()
        end.finish()
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
        log.info("stopping")
        PassedSockets.notify("STOPPING=1")
        for socket in sockets { socket.removePath() }
        server.drain { [end] in end.begin() }
        // A scan may take two minutes; whoever stops a service does not wait that long.
        loop.schedule(at: loop.time.now + .seconds(10)) { [self] in cancelWork() }
    }

    /// Goes on with the state of the last process; it is left in the store where the configuration is faulty.
    private func startState() {
        if let state {
            state.assumeIsolated { $0.start(passedState) }
        } else if gateways != nil {
            _ = passedState.takeNewest(nil, now: StateMoment(loop.time), log)
        }
    }

    /// Answers all work with `stopping`; a caller that does not take its answer is not waited for.
    private func cancelWork() {
        server.cancelAll()
        loop.schedule(at: loop.time.now + .seconds(1)) { [server] in server.closeAll() }
    }
}
