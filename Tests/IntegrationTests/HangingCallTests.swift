// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// Calls that a Security Center does not answer are their caller's trouble alone.
@Suite(.timeLimit(.minutes(1))) struct HangingCallTests {
    /// There were as many connections as one user may have requests in flight, for all users together.
    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `a user whose calls hang leaves connections to the others`() throws {
        let most = 160
        let scene = try Scene(limits: ["requestsPerUid": most], administrators: Scene.otherUser)
        try scene.lab.fault("HostGroup.GroupIdGroups:hang")
        let clients = try (0..<4).map { _ in try scene.connect() }
        for (id, client) in (0..<most).map({ ($0, clients[$0 % clients.count]) }) {
            let call: JSONValue = ["method": "HostGroup.GroupIdGroups", "deadlineMs": 60_000]
            try client.request("callServer", call, id: .number(JSONNumber(id)))
        }
        try waitUntil("all of them hang") { try scene.lab.count("HostGroup.GroupIdGroups") == most }
        // What hangs goes on hanging.
        try scene.lab.clearFaults()
        let other = try scene.connect(as: Scene.otherUser)[0]
        let reply = try other.call("callServer", ["method": "HostGroup.GroupIdGroups", "deadlineMs": 10_000])
        #expect(reply["error"] == nil, "\(reply.text)")
    }
}
