// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc

/// A lab, a daemon that is configured for it, and a folder for files: everything that one test has to itself.
final class Scene {
    let folder: TemporaryFolder
    let lab: Lab
    let daemon: DaemonProgram
    /// What has to run as long as this.
    var companion: AnyObject?

    /// Starts a lab and a daemon.
    ///
    /// `limits` go into the daemon's configuration, `descriptors` is the hard limit of its descriptors, and `errorLog`
    /// names what stands in the folder for its log. `edit` changes the lab's configuration, and `administrators` is a
    /// group that the daemon takes for `gatehouse-admin`; `journal` is where its log goes instead of a file.
    init(
        lab labOptions: [String] = [],
        daemon daemonOptions: [String] = [],
        limits: [String: Int] = [:],
        descriptors: Int? = nil,
        errorLog: String? = nil,
        journal: Journal? = nil,
        administrators: UInt32? = nil,
        in folder: TemporaryFolder? = nil,
        edit: (_ configuration: String, _ lab: Lab) throws -> String = { configuration, _ in configuration }
    ) throws {
        self.folder = try folder ?? TemporaryFolder()
        lab = try Lab(in: self.folder.path("lab"), labOptions)
        let lines = limits.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)\n" }.joined()
        let base = try edit(try readFile(lab.configuration), lab)
        try self.folder.write("gatehouse.yaml", lines.isEmpty ? base : base + "\nlimits:\n" + lines)
        daemon = try DaemonProgram(
            in: self.folder,
            configuration: self.folder.path("gatehouse.yaml"),
            daemonOptions,
            descriptors: descriptors,
            administrators: administrators,
            errorLog: errorLog,
            journal: journal
        )
    }

    /// A new connection; `wrong` says what this test breaks on purpose.
    func connect(wrong: WireObserver.OnPurpose = []) throws(SystemError) -> WireClient {
        try WireClient(daemon.socket, keeping: self, wrong: wrong)
    }

    /// A file with a content, open for reading.
    func file(_ content: String, name: String = "file") throws -> Descriptor {
        try folder.write(name, content)
        return try open(name)
    }

    /// A file of the folder.
    func open(_ name: String, _ flags: Int32 = O_RDONLY) throws -> Descriptor {
        let number = Glibc.open(folder.path(name), flags | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.current("open") }
        return Descriptor(owning: number)
    }

    /// Scans a content by descriptor over a connection of its own.
    func scan(
        _ content: String,
        _ more: [(String, JSONValue)] = [],
        wrong: WireObserver.OnPurpose = []
    ) throws -> JSONValue {
        let file = try file(content, name: "scan-\(UInt32.random(in: 0 ... .max))")
        var params = JSONObject()
        params["file"] = ["fd": 0]
        for (name, value) in more { params[name] = value }
        return try connect(wrong: wrong).call("scanFile", .object(params), [file.number])
    }
}

/// The test file of the antivirus industry, put together so that this file is none.
let eicar = ["X5O!P%@AP[4\\PZX54(P^)", "7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].joined()
