// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Looks for planted secrets and contents in everything that the log has written, as text and as entries of the journal.
@Suite(.enabled(if: Journal.isPossible, "only root may mount"), .timeLimit(.minutes(2))) struct JournalSecrecyTests {
    private static let content = "planted-content-5d1f"

    @Test(arguments: [false, true])
    func `no secret, no token and no content of a file is in the log`(isMissing: Bool) throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(in: folder, isMissing: isMissing)
        let scene = try Scene(daemon: ["--log-level", "trace"], journal: journal, in: folder)
        let faults = [
            "scanFile:status=401-spe", "scanFile:status=500-ctti", "token:status=400", "token:html", "scanFile:html",
            "scanFile:halfBody", "any:reset", "Session.StartSession:status=401", "login:status=500", "ksc:status=403",
        ]
        try exercise(scene)
        for fault in faults {
            try scene.lab.fault(fault)
            for token in ["gicar", "access", "session"] { try? scene.lab.revoke(token) }
            try exercise(scene)
            try scene.lab.clearFaults()
        }
        #expect(scene.daemon.program.stop(SIGTERM) == 0)
        journal.receive()
        let log = String(decoding: journal.bytes, as: UTF8.self) + scene.daemon.program.errors
        #expect(log.contains("scanFile") && log.contains("prepareGateway"))
        let secrets = try scene.lab.secrets()
        #expect(secrets.count >= 6)
        for secret in secrets {
            #expect(!secret.isEmpty && !log.contains(secret))
        }
        // Every token of the lab is a JWT: three parts, of which the first begins with an encoded `{"`.
        #expect(!log.contains("eyJ"))
        #expect(!log.contains(Self.content))
        #expect(!log.contains("EICAR"))
    }

    /// Scans, a gateway, a call, and what only reads.
    private func exercise(_ scene: Scene) throws {
        _ = try scene.scan(Self.content)
        _ = try scene.scan(eicar)
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("NORTH-WS-1"))]
        _ = try client.prepareGateway(target, [("via", [1])])
        _ = try client.call("callServer", ["method": "HostGroup.GroupIdGroups"])
        for method in ["tokenStatus", "listGateways"] { _ = try client.call(method) }
    }
}
