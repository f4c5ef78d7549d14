// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

/// What systemd is to the daemon: passes its sockets and its stored descriptors, hears its notifications, starts it again
/// (sd_listen_fds(3), sd_notify(3), systemd.service(5) FileDescriptorStoreMax=).
final class FakeServiceManager: Sendable {
    /// The path of the rpc socket, which stays open while no daemon runs.
    let socket: String
    /// The path of the administrators' socket.
    let adminSocket: String
    /// What the daemon tells, and what it has stored.
    let notifications: ManagerSocket

    private let folder: TemporaryFolder
    private let configuration: String
    private let options: [String]
    private let environment: [String: String]
    private let closed: [Int32]
    private let listeners: [(name: String, descriptor: Int32)]
    private let running = Locked<ChildProgram?>(nil)

    /// Opens the sockets and starts the daemon, which is ready when this returns.
    ///
    /// `storeMaximum` is FileDescriptorStoreMax=, `environment` goes to the daemon beside what the manager sets, which
    /// has not those of its descriptors 0, 1 and 2 that are in `closed`, and with `isStarted` false nothing runs before
    /// ``start()``.
    init(
        in folder: TemporaryFolder,
        configuration: String,
        options: [String] = [],
        storeMaximum: Int = 8,
        environment: [String: String] = [:],
        closed: [Int32] = [],
        isStarted: Bool = true
    ) throws {
        self.folder = folder
        self.configuration = configuration
        self.options = options
        self.closed = closed
        socket = folder.path("rpc.sock")
        adminSocket = folder.path("admin.sock")
        notifications = try ManagerSocket(folder.path("manager"), storeMaximum: storeMaximum)
        var variables = ["NOTIFY_SOCKET": notifications.path]
        // As systemd does from version 254 on, where there is a store.
        if storeMaximum > 0 { variables["FDSTORE"] = String(storeMaximum) }
        self.environment = variables.merging(environment) { $1 }
        listeners = [
            ("rpc", try UnixSocket.listen(at: socket).release()),
            ("admin", try UnixSocket.listen(at: adminSocket).release()),
        ]
        if isStarted { try start() }
    }

    deinit {
        running.withLock { $0 }?.stop(SIGKILL)
        for listener in listeners { close(listener.descriptor) }
    }

    /// The daemon that runs, or ran last.
    var program: ChildProgram {
        get throws {
            guard let program = running.withLock({ $0 }) else { throw TestFault("no daemon was started") }
            return program
        }
    }

    /// All that every daemon has written to standard error so far.
    var log: String { (try? readFile(folder.path("daemon.log"))) ?? "" }

    /// Starts the daemon with the sockets and with what is stored, and waits until it is ready.
    func start() throws {
        try begin()
        guard notifications.waitFor(within: 60, { $0.isReady }) else {
            throw TestFault("the daemon did not start: \(log)")
        }
    }

    /// Starts the daemon and does not wait for it.
    func begin() throws {
        notifications.forgetNotices()
        let stored = notifications.stored
        let passed = listeners + stored.map { ($0.name, $0.descriptor.number) }
        var variables = environment
        variables["LISTEN_FDS"] = String(passed.count)
        variables["LISTEN_FDNAMES"] = passed.map(\.name).joined(separator: ":")
        let program = try ChildProgram(
            "/bin/sh",
            [
                "-c", #"LISTEN_PID=$$ exec "$0" "$@""#, ChildProgram.builtPrograms + "/gatehoused", "--config",
                configuration,
            ] + options,
            environment: variables,
            errorLog: folder.path("daemon.log"),
            passed: passed.map(\.1),
            closed: closed
        )
        withExtendedLifetime(stored) {}
        running.withLock { $0 = program }
    }

    /// Ends the daemon as `systemctl stop` does; returns its exit status.
    ///
    /// What is stored stays: whether it does is the manager's affair.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) throws -> Int32 {
        let status = try program.stop(signal)
        // What it has sent before its end is in the socket's queue, and taken by a thread.
        notifications.settle()
        return status
    }

    /// Ends the daemon by a signal and starts it again: SIGTERM is `systemctl restart`, SIGKILL a crash.
    func restart(by signal: Int32 = SIGTERM) throws {
        try stop(signal)
        try start()
    }

    /// A new connection to the daemon that runs, or to the next one.
    func connect(wrong: WireObserver.OnPurpose = []) throws(SystemError) -> WireClient {
        try WireClient(socket, keeping: self, wrong: wrong)
    }
}
