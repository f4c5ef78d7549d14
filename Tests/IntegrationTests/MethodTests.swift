// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// Each method once over the socket, with a lab behind it: what passes is held against the schemas.
@Suite struct MethodTests {
    @Test func `a gateway is prepared, listed, called through and closed`() throws {
        let client = try Scene().connect()
        let hosts = try client.call("findHosts", ["name": "MAIN-WS-1"])["result"]?["hosts"]?.array ?? []
        let host = try #require(hosts.first?["id"])
        let gateway = try #require(
            try client.call("prepareGateway", ["target": ["agent": host]])["result"]?["gateway"]
        )
        let list = try client.call("listGateways")["result"]?["gateways"]?.array ?? []
        #expect(list.map { $0["gateway"] } == [gateway])
        let call: JSONValue = ["gateway": gateway, "method": "NagRdu.GetCurrentHostState"]
        #expect(try client.call("callAgent", call)["result"]?["result"]?["HostDN"] == host)
        #expect(try client.call("closeGateway", ["gateway": gateway])["result"] != nil)
        #expect(try client.call("listGateways")["result"]?["gateways"] == [])
        #expect(try client.call("callAgent", call).errorKind == "unknownGateway")
    }

    @Test func `servers are called and listed`() throws {
        let client = try Scene().connect()
        let groups = try client.call("callServer", ["method": "HostGroup.GroupIdGroups"])["result"]
        #expect(groups?["result"]?.integer != nil)
        let secondaries = try client.call("listSecondaries")["result"]?["secondaries"]?.array ?? []
        #expect(secondaries.contains { $0["displayName"] == "Secondary Server North" })
        #expect(try client.call("listSecondaries", ["server": "none"]).errorKind == "unknownServer")
    }

    @Test func `a subscription tells what there is, then what changes, until it ends`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let subscription = try #require(
            try client.call("subscribe", ["topics": ["tokens", "scans"]])["result"]?["subscription"]
        )
        for _ in 0..<2 {
            let first = try client.reply()
            #expect(first["method"] == "changed")
            #expect(first["params"]?["full"] == true)
        }
        #expect(try scene.scan("hello\n").verdict == "clean")
        #expect(try client.reply()["params"]?["subscription"] == subscription)
        try client.request("unsubscribe", ["subscription": subscription], id: 2)
        #expect(try client.finalReply()["id"] == 2)
        #expect(try client.answersPing())
    }

    @Test func `the daemon describes itself`() throws {
        let document = try Scene().connect().call("rpc.discover")["result"]
        #expect(document?["openrpc"]?.string?.hasPrefix("1.") == true)
        #expect(document?["methods"]?.array?.contains { $0["name"] == "scanFile" } == true)
    }
}
