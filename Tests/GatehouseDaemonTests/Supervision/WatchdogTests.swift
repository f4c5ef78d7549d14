// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseServer
import Glibc
import Testing

@testable import GatehouseDaemon

/// Who feeds the service manager's watchdog; contrib/lib/nspawn has a loop that is stuck killed for real.
@Suite(.timeLimit(.minutes(1))) struct WatchdogTests {
    private static let interval = Duration.milliseconds(40)

    private struct NoAudit: AuditSink {
        func write(_ record: AuditRecord, isBeginning: Bool) -> Bool { true }
    }

    /// A loop on a thread of its own that a watchdog watches.
    private final class Watched: Sendable {
        enum Order {
            case hang
            case stop
        }

        let loop: EventLoop
        /// For each time that the watchdog was fed, whether the loop's own thread did.
        let fed = Locked<[Bool]>([])
        let order = Locked<Order?>(nil)
        let isHanging = Locked(false)
        let hasEnded = Locked(false)
        /// What a hanging loop reads, and what ends that.
        private let pipe: (reading: Int32, writing: Int32)
        private let supervision: Supervision

        init() throws {
            let loop = try EventLoop()
            var ends: [Int32] = [-1, -1]
            #expect(Glibc.pipe(&ends) == 0)
            pipe = (ends[0], ends[1])
            self.loop = loop
            let spawner = TaskSpawner { _ in TaskSpawner.Running(cancel: {}) }
            let pipeline = Pipeline(
                methods: [],
                authorise: Authorise(permission: { _, _ in false }),
                log: Log(NoAudit()),
                time: loop.time
            )
            let server = Server(
                loop: loop,
                limits: ServerLimits(),
                pipeline: pipeline,
                readers: try ReaderThreads(),
                spawner: spawner
            )
            let manager = ServiceManager(watchdogInterval: WatchdogTests.interval) { [fed] text in
                if text == "WATCHDOG=1" { fed.withLock { $0.append(loop.isCurrent) } }
            }
            supervision = Supervision(
                manager: manager,
                loop: loop,
                server: server,
                idleLimit: nil,
                upstream: { UpstreamWork() },
                isHeld: { false },
                end: {}
            )
        }

        deinit {
            close(pipe.reading)
            close(pipe.writing)
        }

        func start() throws {
            try Thread.start("watched") {
                self.loop.run {
                    self.supervision.serving()
                    self.takeOrders()
                }
                self.hasEnded.withLock { $0 = true }
            }
        }

        private func takeOrders() {
            let order = order.withLock { order in
                defer { order = nil }
                return order
            }
            switch order {
            case .hang:
                isHanging.withLock { $0 = true }
                var byte: UInt8 = 0
                _ = read(pipe.reading, &byte, 1)
                isHanging.withLock { $0 = false }
            case .stop: return loop.stop()
            case nil: break
            }
            loop.schedule(at: loop.time.now + .milliseconds(1)) { self.takeOrders() }
        }

        func endHanging() {
            var byte: UInt8 = 0
            #expect(write(pipe.writing, &byte, 1) == 1)
        }
    }

    /// Turns a loop of its own, which lives whatever the watched one does, until something holds or a time is over.
    private func turn(for limit: Duration, until isDone: @escaping @Sendable () -> Bool = { false }) throws {
        let loop = try EventLoop()
        let end = loop.time.now + limit
        @Sendable func look() {
            guard loop.time.now < end, !isDone() else { return loop.stop() }
            loop.schedule(at: loop.time.now + .milliseconds(1), look)
        }
        loop.run(look)
    }

    @Test func `a loop that is stuck while other threads live feeds no watchdog, and feeds it again when it goes on`()
        throws
    {
        let watched = try Watched()
        try watched.start()
        func awaitFed(_ count: Int) throws {
            try turn(for: .seconds(20)) { watched.fed.withLock { $0.count } >= count }
            #expect(watched.fed.withLock { $0.count } >= count)
        }
        try awaitFed(3)
        watched.order.withLock { $0 = .hang }
        try turn(for: .seconds(20)) { watched.isHanging.withLock { $0 } }
        let before = watched.fed.withLock { $0.count }
        try turn(for: Self.interval * 10)
        #expect(watched.isHanging.withLock { $0 })
        #expect(watched.fed.withLock { $0.count } == before)
        watched.endHanging()
        try awaitFed(before + 3)
        watched.order.withLock { $0 = .stop }
        try turn(for: .seconds(20)) { watched.hasEnded.withLock { $0 } }
        #expect(watched.fed.withLock { !$0.contains(false) }, "the loop's own thread and no other")
    }
}
