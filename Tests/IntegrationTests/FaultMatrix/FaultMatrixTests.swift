// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import Glibc
import Testing

/// Every fault at every step, once and for good: nothing unscanned looks clean, every call ends in time, the daemon
/// recovers by itself, and the number of requests stays within what `docs/antivirus.md` says.
@Suite struct FaultMatrixTests {
    @Test func `no fault of the Antivirus API makes a file clean, hangs a call or floods a server`() throws {
        var faults: LabFaults?
        let folder = try TemporaryFolder()
        let scene = try Scene(
            lab: ["--invoke-timeout", "1"],
            limits: [
                "requestsPerConnection": 1024, "requestsPerUid": 4096, "uploads": 1024, "uploadsPerUid": 1024,
            ],
            in: folder
        ) { configuration, lab in
            let table = try LabFaults(lab, steps: Self.steps, in: folder)
            faults = table
            let cells = table.waves.flatMap(\.cells)
            let profiles = cells.map(table.configuration).joined()
            return configuration.replacing("servers:\n", with: profiles + "servers:\n")
        }
        let table = try #require(faults)
        let matrix = try FaultMatrix(table, socket: scene.daemon.socket)
        try matrix.run(only: getenv("GATEHOUSE_FAULTS").map { String(cString: $0) })
        // Wrong credentials are tried again after a restart; waiting for a quarter of an hour is for unit tests.
        let restarted = try DaemonProgram(
            in: scene.folder,
            named: "second",
            configuration: scene.folder.path("gatehouse.yaml")
        )
        try matrix.restart(socket: restarted.socket)
    }

    /// The steps that calls can lead to; a scan by path is one of them as soon as the daemon serves it.
    private static var steps: Set<String> {
        let steps: Set = ["token", "authentication", "refresh", "scanFile"]
        return MethodSchema.all["scanPath"] != nil ? steps.union(["scanFilePath"]) : steps
    }
}
