// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

/// A running `gatehoused` on a socket of its own, ready to serve.
final class DaemonProgram: Sendable {
    let socket: String
    let program: ChildProgram

    /// Starts the daemon and waits until it says that it is ready (sd_notify(3)).
    ///
    /// `descriptors` is the hard limit of its descriptors, `errorLog` where its log goes instead of a file.
    /// With `journal`, that log is the journal, which root may arrange too.
    /// `administrators` is a group that is called `gatehouse-admin` for it alone, which root may arrange; `libraries` is a
    /// folder whose shared libraries go before the system's, and `bus` the address of its system bus.
    init(
        in folder: TemporaryFolder,
        named name: String = "first",
        configuration: String,
        _ options: [String] = [],
        descriptors: Int? = nil,
        administrators: UInt32? = nil,
        libraries: String? = nil,
        bus: String? = nil,
        errorLog: String? = nil,
        journal: Journal? = nil
    ) throws {
        socket = folder.path(name + ".sock")
        let notifications = try NotifySocket(folder.path(name + ".notify"))
        let limit = descriptors.map { "ulimit -n \($0) && " } ?? ""
        var wrapper: [String] = []
        if let administrators {
            try folder.write("group", try readFile("/etc/group") + "\ngatehouse-admin:x:\(administrators):\n")
            let mount = #"mount --bind "$0" /etc/group && exec "$@""#
            wrapper = ["unshare", "--mount", "/bin/sh", "-c", mount, folder.path("group")]
        }
        var environment = ["NOTIFY_SOCKET": notifications.path]
        environment["LD_LIBRARY_PATH"] = libraries
        environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus
        let errorLog = errorLog ?? folder.path(name + ".log")
        if let journal {
            wrapper = journal.wrapper + wrapper
            environment.merge(try Journal.environment(errorLog: errorLog)) { $1 }
        }
        program = try ChildProgram(
            "/usr/bin/env",
            wrapper + [
                "/bin/sh", "-c", limit + #"exec "$0" "$@""#, ChildProgram.builtPrograms + "/gatehoused", "--config",
                configuration,
                "--listen", socket,
            ] + options,
            environment: environment,
            errorLog: errorLog
        )
        guard notifications.waitForReady() else { throw TestFault("the daemon did not start: \(program.errors)") }
    }
}

/// The socket on which a service manager hears of its services.
final class NotifySocket: Sendable {
    let path: String
    private let descriptor: Descriptor

    init(_ path: String) throws(SystemError) {
        self.path = path
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .current("socket") }
        descriptor = Descriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        unlink(path)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw .current("bind") }
    }

    /// Waits for READY=1, at most a minute.
    func waitForReady() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, 60_000) > 0 {
            let count = recv(descriptor.number, &buffer, buffer.count, 0)
            let lines = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
            if lines.contains("READY=1") { return true }
        }
        return false
    }
}
