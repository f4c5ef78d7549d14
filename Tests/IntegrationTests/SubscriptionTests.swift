// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// `subscribe` against the built daemon: the state first, then changes, to those whom they concern.
@Suite(.timeLimit(.minutes(2))) struct SubscriptionTests {
    @Test func `the state comes first, once for each topic, and counts from one`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        #expect(
            try client.call("subscribe", ["topics": ["scans", "tokens", "gateways"]])["result"] == [
                "subscription": "s1"
            ]
        )
        let told = try (0..<3).map { _ in try changed(client) }
        #expect(told.map { $0["topic"]?.string } == ["scans", "tokens", "gateways"])
        #expect(told.map { $0["seq"]?.integer } == [1, 2, 3])
        #expect(told.allSatisfy { $0["full"] == true && $0["subscription"] == "s1" })
        #expect(told[0]["items"] == [])
        #expect(told[1]["items"]?.array?.count == 1)
        #expect(told[2]["items"] == [])
    }

    @Test func `a scan and the tokens that it needs are told, on another connection too`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        _ = try client.call("subscribe", ["topics": ["scans", "tokens"]])
        for _ in 0..<2 { _ = try changed(client) }
        #expect(try scene.scan("hello\n").verdict == "clean")
        var done: JSONValue?
        var state: String?
        while done == nil || state != "valid" {
            let change = try changed(client)
            #expect(change["full"] == false)
            switch change["topic"]?.string {
            case "scans": done = change["items"]?.array?.first { $0["state"] == "done" } ?? done
            default: state = change["items"]?.array?.first?["tokens"]?.array?.last?["state"]?.string
            }
        }
        #expect(done?["outcome"] == "clean")
        #expect(done?["size"] == 6 && done?["sent"] == 6)
    }

    @Test func `after unsubscribe nothing is told, and its name means nothing elsewhere`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let other = try scene.connect()
        _ = try client.call("subscribe", ["topics": ["scans"]])
        _ = try changed(client)
        #expect(try other.call("unsubscribe", ["subscription": "s1"]).errorKind == "unknownSubscription")
        #expect(try client.call("unsubscribe", ["subscription": "s1"])["result"] == ["ended": true])
        #expect(try client.call("unsubscribe", ["subscription": "s1"]).errorKind == "unknownSubscription")
        #expect(try scene.scan("hello\n").verdict == "clean")
        #expect(try client.answersPing())
    }

    @Test func `one connection has a bounded number of subscriptions`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        for number in 1...16 {
            try client.request("subscribe", ["topics": ["scans"]], id: .number(JSONNumber(Int64(number))))
        }
        var left = 32
        while left > 0 {
            let message = try client.reply()
            #expect(message["result"] != nil || message["method"] == "changed")
            left -= 1
        }
        let refusal = try client.call("subscribe", ["topics": ["scans"]])
        #expect(refusal.errorKind == "limitExceeded")
        #expect(refusal["error"]?["data"]?["hint"]?.string?.contains("unsubscribe") == true)
        #expect(try scene.connect().call("subscribe", ["topics": ["scans"]])["result"] != nil)
    }

    @Test func `a subscriber that does not read costs nothing and is not cut off`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        _ = try client.call("subscribe", ["topics": ["scans"]])
        for _ in 0..<40 { #expect(try scene.scan("hello\n").verdict == "clean") }
        var outcomes = 0
        while outcomes < 40 {
            let change = try changed(client)
            outcomes += change["items"]?.array?.count { $0["state"] == "done" } ?? 0
        }
        #expect(try scene.connect().call("status")["result"]?["connections"]?["open"] == 2)
    }

    @Test func `a gateway is followed from its opening to its end`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let host = try #require(scene.lab.securityCenter["hosts"]?.array?.first?["id"])
        _ = try client.call("subscribe", ["topics": ["gateways"]])
        _ = try changed(client)
        let other = try scene.connect()
        let gateway = try #require(
            try other.call("prepareGateway", ["target": ["agent": host]])["result"]?["gateway"]
        )
        let opened = try change(of: gateway, client) { $0["state"] == "open" }
        #expect(opened["closedBecause"] == .null)
        _ = try other.call("closeGateway", ["gateway": gateway])
        let closed = try change(of: gateway, client) { $0["state"] == "closed" }
        #expect(closed["closedBecause"] == "closed")
    }

    // MARK: Steps

    private func changed(_ client: WireClient) throws -> JSONValue {
        let message = try client.reply()
        guard message["method"] == "changed", let params = message["params"] else {
            throw TestFault("no notification of a change: \(message.text)")
        }
        return params
    }

    private func change(
        of gateway: JSONValue,
        _ client: WireClient,
        where matches: (JSONValue) -> Bool
    ) throws -> JSONValue {
        while true {
            let items = try changed(client)["items"]?.array ?? []
            if let item = items.first(where: { $0["gateway"] == gateway && matches($0) }) { return item }
        }
    }
}
