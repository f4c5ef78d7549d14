// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseCommands
import GatehousePlatform
import GatehouseWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct HostCommandTests {
    private static let hosts: JSONValue = [
        "hosts": [
            GatewayScene.host(
                "id-1",
                "web\u{1B}",
                attributes: ["T": ["type": "datetime", "value": "2016-09-19T15:22:35Z"], "P": ["a": 1]]
            ),
            [
                "id": "id-2", "displayName": nil, "address": nil,
                "status": ["level": nil, "visible": nil, "agentInstalled": nil, "agentConnected": nil],
                "attributes": [:],
            ],
        ],
        "total": 3,
    ]

    @Test func `hosts are a table, with the attributes that were asked for`() throws {
        let scene = try Scene { request, peer in peer.answer(request, Self.hosts) }
        let result = try scene.run(["hosts", "web", "--field", "T", "--field", "P", "--limit", "2", "--via", "3"])
        #expect(
            result.lines == [
                "NAME     ADDRESS      STATUS  VISIBLE  AGENT          ID    T                     P",
                "web\\x1b  web.example  ok      yes      not connected  id-1  2016-09-19T15:22:35Z  a 1",
                "-        -            -       -        -              id-2  -                     -",
            ]
        )
        #expect(result.errors.contains("2 of 3 hosts are shown"))
        #expect(scene.asked == [#"findHosts {"via":[3],"name":"web","fields":["T","P"],"limit":2}"#])
        let json = try scene.run(["hosts", "web", "--json"])
        #expect(try JSONValue(parsing: json.text) == Self.hosts)
        #expect(json.errors.isEmpty)
    }

    @Test func `no host is no failure, and is said`() throws {
        let scene = try GatewayScene.make(hosts: 0)
        let result = try scene.run(["hosts", "web"])
        #expect(result.status == 0)
        #expect(result.errors.contains("no host was found"))
    }

    private static let queries: [([String], String, String)] = [
        (["web"], "name", "web"), (["a\"*"], "name", "a\"*"), (["[*"], "name", "[*"), (["*\\"], "name", "*\\"),
        (["--filter", "(A=1)"], "filter", "(A=1)"),
        (
            ["w?b*"], "filter",
            #"(|(KLHST_WKS_DN="w?b*")(KLHST_WKS_FQDN="w?b*")(KLHST_WKS_DNSNAME="w?b*")(KLHST_WKS_WINHOSTNAME="w?b*"))"#
        ),
    ]

    @Test(arguments: queries)
    func `a pattern becomes a filter, and only one that cannot mean more`(
        _ words: [String],
        _ member: String,
        _ text: String
    ) throws {
        let scene = try GatewayScene.make()
        #expect(try scene.run(["hosts"] + words).status == 0)
        #expect(scene.daemon.requests.first?.parameters == .object(HostQueryText.object(member, text)))
    }

    @Test func `servers are a table or the daemon's object`() throws {
        let answer: JSONValue = [
            "secondaries": [
                [
                    "id": 3, "instanceId": "x", "displayName": "North", "address": nil, "active": false,
                    "version": "15.1", "lastConnectedAt": "2026-11-21T22:00:00.000Z",
                ]
            ]
        ]
        let scene = try Scene { request, peer in peer.answer(request, answer) }
        #expect(
            try scene.run(["servers", "--server-name", "main"]).lines == [
                "NUMBER  NAME   ADDRESS  CONNECTED  VERSION  LAST CONNECTED            INSTANCE",
                "3       North  -        no         15.1     2026-11-21T22:00:00.000Z  x",
            ]
        )
        #expect(try scene.run(["servers", "--json"]).text == answer.text + "\n")
        #expect(scene.asked == [#"listSecondaries {"server":"main"}"#, "listSecondaries {}"])
    }

    @Test func `a line about waiting comes late, changes seldom and fits`() {
        let start = Instant(nanoseconds: 0)
        var line = WaitingLine("A.B\u{1B}", start: start)
        #expect(line.text(at: start + .milliseconds(499), columns: 80) == nil)
        #expect(line.text(at: start + .milliseconds(500), columns: 80) == "A.B\\x1b  0 s")
        #expect(line.text(at: start + .milliseconds(999), columns: 80) == nil)
        line.note(["id": 1, "done": 2, "total": nil, "unit": "checks"])
        #expect(line.text(at: start + .milliseconds(999), columns: 80) == "A.B\\x1b  0 s  state looked up 2 times")
        line.note(["id": 1, "done": 1536, "total": 4096, "unit": "bytes"])
        #expect(line.text(at: start + .seconds(60), columns: 80) == "A.B\\x1b  60 s  1.5 KiB of 4.0 KiB")
        #expect(line.text(at: start + .seconds(61), columns: 10) == "A.B\\x1b  ")
        #expect(line.text(at: start + .seconds(62), columns: 0) == "")
    }
}

/// The object of a request with one member.
private enum HostQueryText {
    static func object(_ name: String, _ text: String) -> JSONObject {
        var object = JSONObject()
        object[name] = .string(text)
        return object
    }
}
