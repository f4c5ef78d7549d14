// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehouseWire
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct GatewayCommandTests {
    private let id = GatewayScene.id

    @Test func `open prints the handle alone and says on standard error where it leads`() throws {
        let scene = try GatewayScene.make()
        let result = try scene.program.run("gateway", "open", "--agent", "web", "--via", "3,1", "--via", "4")
        #expect(result.status == 0)
        #expect(result.text == "gw-1\n")
        #expect(result.errors.contains("main > secondary 3 > agent \(id), bound to a session"))
        #expect(
            scene.asked == [
                #"findHosts {"via":[3,1,4],"name":"web","limit":10}"#,
                #"prepareGateway {"via":[3,1,4],"target":{"agent":"id-0"}}"#,
            ]
        )
    }

    /// It stayed open for its idle time, and nobody had its handle.
    @Test(arguments: [false, true])
    func `a gateway whose handle cannot be printed is closed again`(isClosed: Bool) throws {
        var scene = try GatewayScene.make()
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        if isClosed { scene.program.closed = [1] } else { scene.program.output = full }
        let result = try scene.program.run("gateway", "open", "--agent", "web")
        #expect(result.status == 2)
        #expect(result.errors.contains("standard output: ") && !result.errors.contains("opened"), "\(result.errors)")
        #expect(scene.asked.last == #"closeGateway {"gateway":"gw-1"}"#)
    }

    @Test func `with JSON open prints the daemon's object and nothing else`() throws {
        let scene = try GatewayScene.make()
        let result = try scene.program.run("gateway", "open", "--secondary", "3", "--json")
        #expect(result.text == GatewayScene.opened.text + "\n")
        #expect(result.errors.isEmpty)
    }

    private static let targets: [([String], String)] = [
        (["--agent", GatewayScene.id], #"{"target":{"agent":"\#(GatewayScene.id)"}}"#),
        (["--agent", "id:web"], #"{"target":{"agent":"web"}}"#),
        (
            ["--agent", "id:web", "--component", "KES/11.0.0.0/a/b"],
            #"{"target":{"agent":"web","component":{"product":"KES","version":"11.0.0.0","name":"a/b"}}}"#
        ),
        (["--secondary", "0", "--server-name", "main"], #"{"server":"main","target":{"secondary":0}}"#),
        (["--secondary-instance", "x"], #"{"target":{"secondaryInstance":"x"}}"#),
        (
            ["--secondary", "1", "--binding", "connection", "--idle-timeout", "60", "--timeout", "2"],
            #"{"target":{"secondary":1},"binding":"connection","idleTimeoutSeconds":60,"deadlineMs":2000}"#
        ),
    ]

    @Test(arguments: targets)
    func `a target that needs no search is passed on`(_ options: [String], _ parameters: String) throws {
        let scene = try GatewayScene.make()
        #expect(try scene.run(["gateway", "open"] + options).status == 0)
        #expect(scene.asked == ["prepareGateway \(parameters)"])
    }

    @Test func `a name of several hosts opens nothing and lists them`() throws {
        let scene = try GatewayScene.make(hosts: 2)
        let result = try scene.program.run("gateway", "open", "--agent", "web")
        #expect(result.status == 2)
        #expect(result.text.isEmpty)
        #expect(result.errors.contains("2 hosts have the name web (unknownTarget)"))
        #expect(result.errors.contains("    id-1  web\\x1b  web.example\n"))
        let object = try JSONValue(parsing: try scene.program.run("call", "--agent", "web", "A.B", "--json").errors)
        #expect(object["data"]?["candidates"]?.array?.map { $0["id"] } == ["id-0", "id-1"])
        #expect(Set(scene.daemon.requests.map(\.method)) == ["findHosts"])
    }

    @Test func `a name of no host is said`() throws {
        let scene = try GatewayScene.make(hosts: 0)
        let result = try scene.program.run("gateway", "open", "--agent", "web\u{1B}")
        #expect(result.status == 2)
        #expect(result.errors.contains("no host there has the name web\\x1b (unknownTarget)"))
    }

    @Test func `list is a table or the daemon's object`() throws {
        let gateway: JSONValue = [
            "gateway": "gw-1", "server": "main", "route": GatewayScene.route, "binding": "session", "generation": 2,
            "state": "open", "uid": 1000, "openedAt": "2026-11-21T22:00:00.000Z", "lastUsedAt": nil,
            "idleTimeoutSeconds": 900, "callsInFlight": 1, "closedBecause": nil,
        ]
        let scene = try Scene { request, peer in peer.answer(request, ["gateways": [gateway]]) }
        #expect(
            try scene.program.run("gateway", "list", "--timeout", "1").lines == [
                "GATEWAY  STATE  BINDING  GENERATION  CALLS  IDLE TIME  OPENED                    LAST USED  ROUTE",
                "gw-1     open   session  2           1      900 s      2026-11-21T22:00:00.000Z  -          "
                    + "main > secondary 3 > agent \(id)",
            ]
        )
        #expect(try scene.program.run("gateway", "list", "--json").text == "{\"gateways\":[\(gateway.text)]}\n")
        #expect(scene.asked == ["listGateways {}", "listGateways {}"])
    }

    @Test func `close goes on after a gateway that is not there`() throws {
        let scene = try GatewayScene.make()
        let result = try scene.program.run("gateway", "close", "gone", "gw-1", "--timeout", "2")
        #expect(result.status == 2)
        #expect(result.text.isEmpty)
        #expect(result.errors.contains("gone was not closed:"))
        #expect(
            scene.asked == [
                #"closeGateway {"gateway":"gone","deadlineMs":2000}"#,
                #"closeGateway {"gateway":"gw-1","deadlineMs":2000}"#,
            ]
        )
        let lines = try scene.program.run("gateway", "close", "gone", "gw-1", "--json").lines
        #expect(try JSONValue(parsing: lines[0])["error"]?["data"]?["kind"] == "unknownGateway")
        #expect(lines[1] == #"{"gateway":"gw-1","result":{"closed":true}}"#)
        #expect(try scene.program.run("gateway", "close", "gw-1").status == 0)
    }

    @Test(
        arguments: [
            ["gateway", "open"], ["gateway", "open", "--agent", "a", "--secondary", "1"],
            ["gateway", "open", "--agent", ""], ["gateway", "open", "--agent", "id:"],
            ["gateway", "open", "--secondary", "-1"], ["gateway", "open", "--secondary", "1", "--via", "1,"],
            ["gateway", "open", "--secondary", "1", "--via", "+1"],
            ["gateway", "open", "--secondary", "1", "--component", "a/b/c"],
            ["gateway", "open", "--agent", "a", "--component", "a/b"],
            ["gateway", "open", "--agent", "a", "--idle-timeout", "0"],
            ["gateway", "open", "--agent", "a", "--binding", "none"], ["gateway", "close"],
            ["gateway", "close", "--all", "gw-1"], ["hosts", "a", "--filter", "b"], ["hosts", "--limit", "0"],
            ["servers", "--via", "x"],
        ]
    )
    func `wrong usage asks the daemon nothing`(_ words: [String]) throws {
        let scene = try GatewayScene.make()
        #expect(try scene.run(words).status == 64)
        #expect(scene.daemon.requests.isEmpty)
    }

    @Test(
        arguments: [
            ["gateway", "open", "--agent", "a"], ["gateway", "list"], ["gateway", "close", "g"], ["hosts"], ["servers"],
            ["call", "--server", "A.B"],
        ]
    )
    func `a daemon that is not there ends with 3`(_ words: [String]) throws {
        let result = try Program().run(bytes: (words + ["--socket", "/nowhere"]).map { Array($0.utf8) })
        #expect(result.status == 3)
        #expect(result.errors.contains("/nowhere"))
    }
}
