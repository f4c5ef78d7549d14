// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseTransfer
import Logging

/// The parts of the daemon that methods work with, whatever the configuration; made once.
///
/// Its spawner is the only place that starts unstructured tasks.
struct ServiceParts {
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
    /// Writes down who called what.
    let audit: Log

    /// Makes the loop and starts the threads; fails where the system has no descriptor or thread left.
    init(
        _ limits: Limits,
        descriptors: Int,
        _ passedState: PassedState,
        _ queue: LogQueue,
        _ log: Logger
    ) throws(StartFault) {
        let time = SystemTime()
        do {
            loop = try EventLoop(time: time)
            readers = try ReaderThreads(perUser: limits.readerThreadsPerUid, total: limits.readerThreads)
        } catch {
            throw StartFault(error)
        }
        do {
            engine = try TransferEngine(limits: .uploads(limits, descriptors: descriptors), time: time)
            callEngine = try TransferEngine(limits: .calls(limits, descriptors: descriptors), time: time)
        } catch {
            throw StartFault(error.message)
        }
        spawner = Self.spawner(on: loop)
        removals = DropOffRemovals(spawner: spawner, time: time) { log.warning("\($0)") }
        audit = Log(QueueingAudit(queue: queue, loop: loop), includesReads: log.logLevel <= .debug)
        lasting = Lasting(
            limits: limits,
            requests: audit.counts,
            passedState: passedState,
            loop: loop,
            spawner: spawner,
            time: time
        )
        self.time = time
        self.log = queue
    }

    /// Tasks of the daemon: they prefer the loop, so that code between two waits runs there without a hop.
    private static func spawner(on loop: EventLoop) -> TaskSpawner {
        TaskSpawner { body in
            let task = Task(executorPreference: loop) { await body() }
            return TaskSpawner.Running(cancel: { task.cancel() })
        }
    }
}

extension TransferLimits {
    /// Every upload has a connection at once, and a token request finds one beside them: what bounds them is the slots
    /// of each profile, of which several may have one host, and some may hang.
    fileprivate static func uploads(_ limits: Limits, descriptors: Int) -> TransferLimits {
        connections(limits.uploads + 16, descriptors: descriptors)
    }

    /// An agent that does not answer holds its connection for as long as its caller waits: one user's calls leave
    /// connections to the others', and to logins and pings.
    fileprivate static func calls(_ limits: Limits, descriptors: Int) -> TransferLimits {
        connections(limits.requestsPerUid + 64, descriptors: descriptors)
    }

    /// So many connections at least, be they all to one host, and more where the process may have many descriptors.
    private static func connections(_ least: Int, descriptors: Int) -> TransferLimits {
        var transfers = TransferLimits()
        transfers.connections = max(transfers.connections, least, min(descriptors / 8, 4096))
        transfers.connectionsPerHost = transfers.connections
        return transfers
    }
}
