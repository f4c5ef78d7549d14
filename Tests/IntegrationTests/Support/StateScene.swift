// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// A lab, and a service manager that runs the daemon.
struct StateScene {
    let folder: TemporaryFolder
    let lab: Lab
    let manager: FakeServiceManager

    init(lab options: [String] = [], storeMaximum: Int = 8, _ more: String = "") throws {
        folder = try TemporaryFolder()
        lab = try Lab(in: folder.path("lab"), options)
        try folder.write("gatehouse.yaml", try readFile(lab.configuration) + more)
        manager = try FakeServiceManager(
            in: folder,
            configuration: folder.path("gatehouse.yaml"),
            options: ["--log-level", "info"],
            storeMaximum: storeMaximum
        )
    }

    /// Scans by descriptor; returns the verdict, or the kind of the error.
    func scan() throws -> String? {
        try folder.write("scanned", "hello\n")
        let file = Descriptor(owning: open(folder.path("scanned"), O_RDONLY | O_CLOEXEC))
        let reply = try manager.connect().call("scanFile", ["file": ["fd": 0]], [file.number])
        return reply.verdict ?? reply.errorKind
    }

    func openGateway(_ more: [(String, JSONValue)] = []) throws -> String {
        try manager.connect().openGateway(["agent": .string(try lab.host("MAIN-WS-1"))], more)
    }

    func reload() throws -> JSONValue { try WireClient(manager.adminSocket).call("reload") }

    func call(_ handle: String) throws -> JSONValue {
        try manager.connect().callAgent(handle, "NagRdu.GetCurrentHostState")
    }

    /// What was asked of the lab after a mark: no more than scans and calls where nothing had to be opened anew.
    func operations(after mark: Int) throws -> [String] {
        try lab.requests().dropFirst(mark).compactMap { $0["operation"]?.string }
    }

    /// The generations that are stored.
    var generations: [String] { manager.notifications.stored.map(\.name) }

    /// Changes the configuration, where a text stands in it.
    func edit(_ old: String, _ new: String) throws {
        let text = try readFile(folder.path("gatehouse.yaml"))
        #expect(text.contains(old))
        try folder.write("gatehouse.yaml", text.replacing(old, with: new))
    }
}
