// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// The sessions with one clamd: opened when scans need them, never more than a few, and closed when nobody does.
actor ClamdSessions {
    /// clamd gives the commands of one session to all its threads; more sessions gain nothing.
    private static let mostSessions = 2
    private static let mostScans = 32

    private nonisolated let loop: EventLoop
    private nonisolated let spawner: TaskSpawner
    private let address: StreamAddress
    private var connections: [ClamdSessionConnection] = []
    private var record = ClamdSessionRecord()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(at address: StreamAddress, loop: EventLoop, spawner: TaskSpawner) {
        self.address = address
        self.loop = loop
        self.spawner = spawner
    }

    /// Has clamd scan a file, and returns what came of it; `notSent` where there is no room in any session, or clamd is
    /// known to take none.
    ///
    /// When the task is cancelled it returns at once.
    func scan(_ file: PassedFile, until: Instant) async -> ClamdScan.End {
        let scan = ClamdScan(file, until: until)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else {
                    continuation.resume(returning: .failed(.cancelled(sent: false)))
                    return
                }
                scan.await(continuation)
                begin(scan)
            }
        } onCancel: {
            spawner.spawn { await self.cancel(scan) }
        }
    }

    private func begin(_ scan: ClamdScan) {
        if record.admits(at: loop.time.now), let connection = connection() {
            connection.assumeIsolated { $0.begin(scan) }
        } else {
            scan.finish(.notSent)
        }
    }

    /// clamd answered a command of a session.
    func answered() { record.answered() }

    /// clamd did not take a session; returns whether what was sent in it may be sent again in another way.
    func refused(_ refusal: ClamdSessionRecord.Refusal) -> Bool { record.refused(refusal, at: loop.time.now) }

    /// clamd could not be reached.
    func lost() { record.lost() }

    private func cancel(_ scan: ClamdScan) {
        scan.connection?.assumeIsolated { $0.cancel(scan) }
    }

    /// The first one that has room, so that the others come to rest.
    private func connection() -> ClamdSessionConnection? {
        connections.removeAll { connection in connection.assumeIsolated { !$0.takesMore } }
        if let connection = connections.first(where: { $0.assumeIsolated { $0.count < Self.mostScans } }) {
            return connection
        }
        guard connections.count < Self.mostSessions else { return nil }
        let connection = ClamdSessionConnection(to: address, of: self, loop: loop)
        connections.append(connection)
        connection.assumeIsolated { $0.open() }
        return connection
    }
}
