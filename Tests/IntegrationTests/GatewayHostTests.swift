// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// Searches for hosts and secondary servers against the lab.
@Suite(.timeLimit(.minutes(2))) struct GatewayHostTests {
    /// The lab's host with a name that looks like a piece of a filter.
    private static let odd = "MAIN \"[odd]*?\" \\ñ&(=)"

    private func names(_ reply: JSONValue) -> [String] {
        reply["result"]?["hosts"]?.array?.compactMap { $0["displayName"]?.string } ?? []
    }

    @Test func `a host is found by its name, with what tells it to a person`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        for name in ["MAIN-WS-1", "main-ws-1", try scene.lab.host("MAIN-WS-1")] {
            let reply = try client.call("findHosts", ["name": .string(name)])
            #expect(names(reply) == ["MAIN-WS-1"], "\(reply.text)")
            #expect(reply["result"]?["total"] == 1)
            let host = reply["result"]?["hosts"]?.array?.first
            #expect(host?["id"]?.string == (try? scene.lab.host("MAIN-WS-1")))
            #expect(host?["address"]?.string?.isEmpty == false)
            #expect(host?["status"]?["visible"]?.bool != nil, "\(reply.text)")
        }
        #expect(names(try client.call("findHosts", ["name": "MAIN-WS"])).isEmpty)
        #expect(names(try client.call("findHosts", ["name": "no such host"])).isEmpty)
    }

    @Test(arguments: [
        "MAIN*", "MAIN-WS-?", "MAIN-[A-Z]", "x\") (KLHST_WKS_DN=\"*", "\"", "\\", "MAIN\u{0}", "MAIN\n", "*",
        Self.odd,
    ])
    func `a name that could be more than a name is refused before anything is sent`(name: String) throws {
        let scene = try Scene()
        let reply = try scene.connect(wrong: .requests).call("findHosts", ["name": .string(name)])
        #expect(reply.errorKind == "invalidParams", "\(reply.text)")
        #expect(try scene.lab.calls().isEmpty)
    }

    @Test(arguments: ["x)(KLHST_WKS_DN=", "(|", "&1<>0", "%22", "ñ", "'", "MAIN-WS-1)"])
    func `other signs in a name stand for themselves`(name: String) throws {
        let scene = try Scene()
        let reply = try scene.connect().call("findHosts", ["name": .string(name)])
        #expect(reply["result"]?["hosts"] == [], "\(reply.text)")
    }

    @Test func `a filter of the caller's own goes to the server as it is`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let filter = "(&(KLHST_WKS_DN=\"MAIN*\")(!(KLHST_WKS_DN=\"MAIN-*\")))"
        #expect(names(try client.call("findHosts", ["filter": .string(filter)])) == [Self.odd])
        let wrong = try client.call("findHosts", ["filter": "(KLHST_WKS_DN="])
        #expect(wrong.errorKind == "upstreamError")
        #expect(wrong["error"]?["data"]?["upstream"]?["code"]?.string?.hasPrefix("KLSTD ") == true)
    }

    @Test func `a long list comes in pieces, is whole, and is released`() throws {
        let scene = try Scene(lab: ["--ksc-extra-hosts", "1200"])
        let client = try scene.connect()
        let params: JSONValue = ["filter": "(KLHST_WKS_DN=\"EXTRA-*\")", "limit": 5000]
        let reply = try client.call("findHosts", params)
        let found = names(reply)
        #expect(found.count == 1200)
        #expect(Set(found).count == 1200)
        #expect(reply["result"]?["total"] == 1200)
        #expect(try scene.lab.count("ChunkAccessor.GetItemsChunk") >= 3)
        let few = try client.call("findHosts", ["filter": "(KLHST_WKS_DN=\"EXTRA-*\")", "limit": 7])
        #expect(names(few).count == 7)
        #expect(few["result"]?["total"] == 1200)
        try waitUntil("both lists are released") { try scene.lab.count("ChunkAccessor.Release") == 2 }
        #expect((try scene.lab.open()["nodes"]?["main"]?["resultSets"]?.integer ?? 0) == 0)
    }

    @Test func `a list whose reading fails is released all the same`() throws {
        let scene = try Scene()
        try scene.lab.fault("ChunkAccessor.GetItemsChunk:status=500")
        let reply = try scene.connect().call("findHosts", ["name": "MAIN-WS-1"])
        #expect(reply.errorKind == "upstreamFailed")
        try waitUntil("it is released") { try scene.lab.count("ChunkAccessor.Release") == 1 }
    }

    @Test func `more attributes come in the wire's own form`() throws {
        let scene = try Scene()
        let fields: JSONValue = ["KLHST_WKS_OS_NAME", "KLHST_WKS_LAST_VISIBLE"]
        let reply = try scene.connect().call("findHosts", ["name": "MAIN-WS-1", "fields": fields])
        let attributes = reply["result"]?["hosts"]?.array?.first?["attributes"]
        #expect(attributes?["KLHST_WKS_OS_NAME"]?.string?.isEmpty == false, "\(reply.text)")
        #expect(attributes?["KLHST_WKS_LAST_VISIBLE"]?["type"] == "datetime")
    }

    @Test func `hosts and servers behind others are asked of their owners`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        for (via, host) in [([JSONValue](), "MAIN-WS-1"), ([1], "NORTH-WS-1"), ([1, 1], "HARBOUR-WS-1")] {
            let found = try client.call("findHosts", ["name": .string(host), "via": .array(via)])
            #expect(names(found) == [host], "\(found.text)")
        }
        #expect(names(try client.call("findHosts", ["name": "NORTH-WS-1"])).isEmpty)
        let main = try client.call("listSecondaries")["result"]?["secondaries"]?.array
        #expect(main?.compactMap { $0["id"]?.integer }.sorted() == [1, 2, 3])
        #expect(main?.first { $0["id"] == 3 }?["active"] == false)
        #expect(main?.first { $0["id"] == 1 }?["instanceId"]?.string == (try? scene.lab.instance("north")))
        let north = try client.call("listSecondaries", ["via": [1]])["result"]?["secondaries"]?.array
        #expect(north?.compactMap { $0["instanceId"]?.string } == [try scene.lab.instance("harbour")])
        #expect(try client.call("listSecondaries", ["via": [1, 1]])["result"]?["secondaries"] == [])
        #expect(try client.call("listSecondaries", ["via": [3]]).errorKind == "targetUnreachable")
    }
}
