// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct CallCommandTests {
    private static let destinations: [([String], String)] = [
        (["--server"], #"callServer {"method":"A.B"}"#),
        (["--server", "--via", "3,1"], #"callServer {"via":[3,1],"method":"A.B"}"#),
        (["--secondary", "1", "--via", "3"], #"callServer {"via":[3,1],"method":"A.B"}"#),
        (["--secondary-instance", "x"], #"callAgent {"target":{"secondaryInstance":"x"},"method":"A.B"}"#),
        (["--gateway", "gw-1"], #"callAgent {"gateway":"gw-1","method":"A.B"}"#),
        (
            ["--agent", "id:web", "--server-name", "main"],
            #"callAgent {"server":"main","target":{"agent":"web"},"method":"A.B"}"#
        ),
        (
            ["--server", "--await", "--idempotent", "--plain", "--timeout", "0.5"],
            #"callServer {"method":"A.B","await":true,"idempotent":true,"format":"plain","deadlineMs":500}"#
        ),
    ]

    @Test(arguments: destinations)
    func `a call goes where the options say`(_ options: [String], _ request: String) throws {
        let scene = try GatewayScene.make()
        #expect(try scene.run(["call"] + options + ["A.B"]).status == 0)
        #expect(scene.asked == [request])
    }

    private static let arguments: [([String], String)] = [
        (["a=b"], #"{"a":"b"}"#), (["a="], #"{"a":""}"#), (["a=1=2:=3"], #"{"a":"1=2:=3"}"#),
        (["a:=12345678901234567890.0"], #"{"a":12345678901234567890.0}"#),
        (["a:=null", "b:=true"], #"{"a":null,"b":true}"#),
        (
            [#"a:={"t": {"type": "datetime", "value": "2016-09-19T15:22:35Z"}}"#],
            #"{"a":{"t":{"type":"datetime","value":"2016-09-19T15:22:35Z"}}}"#
        ),
        (["a=@FILE", "b:=@FILE"], #"{"a":"[1, 2]\n","b":[1,2]}"#), ([#"a:="@x""#], #"{"a":"@x"}"#),
        (["--arguments", #"{"a": [1]}"#], #"{"a":[1]}"#), (["--arguments", "-"], #"{"in":1}"#),
    ]

    @Test(arguments: arguments)
    func `arguments are text or JSON, from the command line or from a file`(
        _ words: [String],
        _ object: String
    ) throws {
        var scene = try GatewayScene.make()
        try scene.folder.write("f", "[1, 2]\n")
        scene.program.input = .pipe(Array(#"{"in": 1}"#.utf8))
        let words = words.map { word in
            word.hasSuffix("@FILE") ? word.dropLast(4) + scene.path("f") : word
        }
        #expect(try scene.run(["call", "--server", "A.B"] + words).status == 0)
        #expect(scene.asked == [#"callServer {"method":"A.B","arguments":\#(object)}"#])
    }

    @Test(
        arguments: [
            ["A.B"], ["--server"], ["--server", "--gateway", "g", "A.B"], ["--gateway", "g", "--via", "1", "A.B"],
            ["--gateway", "g", "--server-name", "main", "A.B"], ["--server", "a=b"], ["--server", "AB"],
            ["--server", "A.B", "b"], ["--server", "A.B", "=b"], ["--server", "A.B", ":=1"],
            ["--server", "A.B", "a:={"], ["--server", "A.B", "a=1", "a:=2"], ["--server", "A.B", "--arguments", "[]"],
            ["--server", "A.B", "a=1", "--arguments", "{}"],
        ]
    )
    func `wrong usage asks the daemon nothing`(_ words: [String]) throws {
        let scene = try GatewayScene.make()
        #expect(try scene.run(["call"] + words).status == 64)
        #expect(scene.daemon.requests.isEmpty)
    }

    @Test func `arguments that are not JSON are told by the option's name`() throws {
        let scene = try GatewayScene.make()
        let answer = try scene.run(["call", "--server", "A.B", "--arguments", "{"])
        #expect(answer.status == 64)
        #expect(answer.errors.contains("--arguments is not JSON: "), "\(answer.errors)")
    }

    @Test func `a file that cannot be read is a failure, and text that is not UTF-8 wrong usage`() throws {
        let scene = try GatewayScene.make()
        let missing = try scene.run(["call", "--server", "A.B", "a=@\(scene.path("none"))"])
        #expect(missing.status == 2)
        #expect(missing.errors.contains("No such file"))
        let words = ["call", "--server", "A.B"].map { Array($0.utf8) } + [Array("a=".utf8) + [0xFF]]
        #expect(try scene.program.run(bytes: words).status == 64)
        #expect(scene.daemon.requests.isEmpty)
    }

    @Test func `the answer is JSON in which no character commands a terminal`() throws {
        let scene = try GatewayScene.make()
        let pretty = try scene.run(["call", "--server", "A.B"])
        #expect(pretty.text.contains("\n    \"a\": \"\\u009b2J\"\n"))
        #expect(try JSONValue(parsing: pretty.text) == GatewayScene.called)
        let line = try scene.run(["call", "--server", "A.B", "--json"])
        #expect(line.text == #"{"result":{"a":"\u009b2J"},"out":{},"generation":1}"# + "\n")
        #expect(line.errors.isEmpty)
    }

    private static let failure = APIError(
        .upstreamError,
        "A.B: the server said no\u{1B}",
        upstream: UpstreamError(
            name: "main",
            status: 200,
            code: "KLSTD 1186",
            text: "Object \u{1B}x not found",
            traceID: "T"
        ),
        hint: "look there",
        outcome: .unknown
    )

    @Test func `an error tells kind, message, hint and what the upstream said`() throws {
        let scene = try Scene { request, peer in
            peer.send(["jsonrpc": "2.0", "id": request.id, "error": Self.failure.json(requestID: "r-1")])
        }
        let result = try scene.run(["call", "--server", "A.B"])
        #expect(result.status == 2)
        #expect(result.text.isEmpty)
        #expect(
            result.errors.split(separator: "\n") == [
                "gatehouse: A.B: the server said no\\x1b (upstreamError)",
                "gatehouse: upstream: main: HTTP 200, KLSTD 1186: Object \\x1bx not found (trace T)",
                "gatehouse: the request may have taken effect upstream", "gatehouse: hint: look there",
                "gatehouse: request: r-1",
            ]
        )
        let json = try scene.run(["call", "--server", "A.B", "--json"])
        #expect(json.status == 2)
        #expect(try JSONValue(parsing: json.errors) == Self.failure.json(requestID: "r-1"))
    }

    @Test func `a connection that ends is an error in the same shape`() throws {
        let scene = try Scene { _, peer in peer.close() }
        let result = try scene.run(["call", "--server", "A.B", "--json"])
        #expect(result.status == 2)
        #expect(try JSONValue(parsing: result.errors)["data"]?["kind"] == "connectionLost")
    }

    @Test func `on a terminal an awaited action shows how often it was looked up`() throws {
        let terminal = try TerminalTests.Terminal()
        var scene = try Scene { request, peer in
            peer.send([
                "jsonrpc": "2.0", "method": "progress",
                "params": ["id": request.id, "done": 3, "total": nil, "unit": "checks"],
            ])
            terminal.wait(for: "A.B  0 s  state looked up 3 times")
            peer.answer(request, GatewayScene.called)
        }
        scene.program.environment["TERM"] = "xterm"
        scene.program.errors = terminal.program.number
        let result = try scene.run(["call", "--gateway", "g", "--await", "A.B", "--json"])
        #expect(result.status == 0)
        #expect(terminal.text.hasSuffix("\r\u{1B}[K"))
        #expect(scene.daemon.requests.first?.parameters["progress"] == true)
    }
}
